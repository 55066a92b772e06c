// Jobs as people look at them: live ones, dead ones and what has ended, in one form.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/domain/queue.h"
#include "lib/store/transaction.h"

namespace certfleet::store::job_views {

struct Row {
  JobId id;
  std::string queue;
  std::string kind;
  std::string state;    // waiting, ready, running, dead, done, failed or cancelled
  std::string service;  // name; empty: none, or it is gone
  std::string node;
  std::string site;
  std::string worker;  // "host pid" of a running one
  int request_no = 0;
  int priority = 0;
  int attempts_failed = 0;
  int deliveries = 0;
  int crashes = 0;
  bool cancel = false;  // a person asked for it
  WallTime created_at;
  std::optional<WallTime> run_at;  // of a waiting one: not before
  std::optional<WallTime> started_at;
  std::optional<WallTime> ended_at;
  std::string error;  // of the last failed attempt
};

// Which jobs; unset fields don't limit.
struct Filter {
  std::optional<std::string> state;
  std::optional<domain::Queue> queue;
  std::string kind;
  ServiceId service;
  NodeId node;
  JobId id;
  JobId before;  // only older ones: the next page
  int request_no = 0;
  bool ended = false;  // with those that have ended; a filter for such a state, an id or a request number
                       // asks for them too
};

// The newest `rows_max` that fit, newest first.
std::vector<Row> newest(Tx& tx, const Filter& filter, int rows_max);
std::optional<Row> find(Tx& tx, JobId id);

// For what is done to many at once. `state` "dead" means the dead, anything else those that live.
int count(Tx& tx, const Filter& filter);
// In the order of their numbers, those after `after`.
std::vector<JobId> ids(Tx& tx, const Filter& filter, JobId after, int rows_max);

}  // namespace certfleet::store::job_views
