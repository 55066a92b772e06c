// What lists, the dashboard and the status page show: one row a service or node, put together from several
// tables (manual 6.1, 7.1, 9.1). For people; the sealed columns are never touched.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/domain/inventory.h"
#include "lib/domain/queue.h"
#include "lib/store/transaction.h"

namespace certfleet::store::overview {

struct ServiceRow {
  ServiceId id;
  std::string name;
  std::string group;
  bool enabled = true;
  std::string common_name;
  std::optional<WallTime> not_after;       // of the newest certificate
  std::optional<std::string> order_state;  // of the newest order
  std::string order_error;
  std::optional<WallTime> order_at;  // when it is scheduled
  int nodes = 0;
};
std::vector<ServiceRow> services(Tx& tx);  // by name
std::optional<ServiceRow> service(Tx& tx, ServiceId id);

struct NodeRow {
  NodeId id;
  std::string name;
  std::string service;
  std::string site;
  std::string access;
  std::string kind;
  bool enabled = true;
  std::string apply_status;
  std::optional<WallTime> apply_at;  // when the apply under way is or was scheduled
  std::string apply_error;           // of the newest apply
  std::optional<std::string> served_serial;
  std::optional<std::string> served_state;
  std::optional<WallTime> served_at;
};
std::vector<NodeRow> nodes(Tx& tx, ServiceId service = {});  // of one service or all, by name

// Worker processes whose session lives, by queue and host.
struct WorkerRow {
  SessionId session;
  std::string queue;
  std::string host;
  int pid = 0;
  std::string site;  // empty: any
  int slots = 0;
  int running = 0;
  bool draining = false;
  WallTime started_at;
};
std::vector<WorkerRow> workers(Tx& tx);

// Schedulers and brokers that are connected to the database; what a person may know of others' connections.
struct DaemonRow {
  std::string program;
  int pid = 0;
  bool leads = false;  // the scheduler that leads
};
std::vector<DaemonRow> daemons(Tx& tx);

struct QueueRow {
  std::string queue;
  int waiting = 0, ready = 0, running = 0, dead = 0;
};
std::vector<QueueRow> queues(Tx& tx);  // every queue, in their order

}  // namespace certfleet::store::overview
