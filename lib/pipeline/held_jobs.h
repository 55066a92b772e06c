// Claimed jobs that wait for a slot of this worker. A worker holds work ahead so that its slots never wait;
// what comes later and is more urgent, or of a site and service that has less here, must not stand behind all
// of it. Pure; for one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "lib/base/clock.h"
#include "lib/domain/job.h"

namespace certfleet::pipeline {

class HeldJobs {
 public:
  void add(domain::Job job, Instant since);  // since: when its claim was asked for

  // By the rule of docs/architecture.md, Fairness: the most urgent, but after domain::urgent_in_row of one
  // priority one that is less urgent; of one priority sites and services in turn, and of these the first
  // come.
  std::optional<domain::Job> take();

  // Takes those that have been held since before then.
  std::vector<domain::Job> take_older(Instant than);
  std::vector<domain::Job> take_all();
  bool empty() const { return levels_.empty(); }

 private:
  struct Held {
    domain::Job job;
    Instant since;
  };
  using Lane = std::pair<std::pair<SiteId, ServiceId>, std::deque<Held>>;
  struct Level {
    std::deque<Lane> lanes;  // the next to be served first, none empty
    int in_row = 0;          // served while less urgent ones waited
  };
  std::map<std::int16_t, Level> levels_;  // by priority, none empty
};

}  // namespace certfleet::pipeline
