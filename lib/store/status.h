// What the status page shows: every daemon that lives, what it does, and what is missing (manual 6.1.1).
#pragma once

#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/store/transaction.h"

namespace certfleet::store::status {

// Worker processes whose session lives, by queue and host.
struct Worker {
  SessionId session;
  std::string queue;
  std::string host;
  int pid = 0;
  std::string site;  // empty: any
  int slots = 0;
  int running = 0;
  bool draining = false;
  WallTime started_at;
  WallTime seen_at;
};
std::vector<Worker> workers(Tx& tx);

// Jobs that run, the longest first.
struct Running {
  std::string kind;
  std::string host;
  int pid = 0;
  std::string service;  // empty: none, or none that the asker may see; so is the next one
  std::string node;
  int request_no = 0;
  WallTime since;
};
std::vector<Running> running(Tx& tx, int rows_max);

struct QueueRow {
  std::string queue;
  int waiting = 0, ready = 0, running = 0, dead = 0;
};
std::vector<QueueRow> queues(Tx& tx);  // every queue, in their order

// Sites with enabled nodes for which no worker of the queue takes jobs.
struct Uncovered {
  std::string queue;
  std::string site;
};
std::vector<Uncovered> uncovered(Tx& tx);

}  // namespace certfleet::store::status
