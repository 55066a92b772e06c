// Traces as stored: id, level, module, request number and arguments (DESIGN section 8).
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "lib/base/id.h"
#include "lib/store/transaction.h"
#include "lib/trace/line.h"

namespace certfleet::store::traces {

struct Stored {
  std::int64_t id = 0;  // grows; 0 until stored
  trace::Line line;
  ServiceId service;
  NodeId node;
  JobId job;
};

// Whatever bytes their arguments have: they are cleaned (words.h), so that no line holds up the others.
void add(Tx& tx, std::span<const Stored> traces);

// Which traces; unset fields don't limit.
struct Filter {
  ServiceId service;
  NodeId node;
  JobId job;  // no index leads to it: with the job's service or request number
  int request_no = 0;
  std::optional<trace::Level> least;  // this level and graver
  std::optional<int> code;
  std::optional<WallTime> since;
  std::optional<WallTime> until;
  std::int64_t after_id = 0;   // for following: only newer ones
  std::int64_t before_id = 0;  // for pages: only older ones

  // Whether only times limit it: then its pages go by time, else by number.
  bool by_time() const { return (since || until) && !service && !node && request_no == 0; }
};

// The newest `lines_max` that fit, oldest first.
std::vector<Stored> newest(Tx& tx, const Filter& filter, int lines_max);

}  // namespace certfleet::store::traces
