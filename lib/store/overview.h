// What lists show: one row a service or node, put together from several
// tables (manual 6.1, 7.1, 9.1). For people; the sealed columns are never touched.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/domain/inventory.h"
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
  bool order_in_error = false;             // it failed, or met an error and is tried again
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

}  // namespace certfleet::store::overview
