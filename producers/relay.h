// Which ready jobs the leading scheduler offers, and when it offers one again. Pure.
#pragma once

#include <array>
#include <unordered_map>
#include <vector>

#include "lib/base/clock.h"
#include "lib/domain/job.h"

namespace certfleet::scheduler {

struct RelayLimits {
  std::chrono::milliseconds look{1000};   // without a sign, the database is asked this often
  std::chrono::milliseconds again{5000};  // a job that is still ready so long after its offer is offered again
  int scan_max = 1000;                    // references of one look at one queue
};

// Remembers what was offered lately, at most as much as brokers hold. Losing this memory costs doubled
// offers and nothing else.
class Relay {
 public:
  explicit Relay(const RelayLimits& limits) : limits_(limits) {}

  void notified();  // a person enqueued something

  // Whether to look at the queue now; `room`: brokers would take an offer of it.
  bool wants_look(domain::Queue queue, bool room, Instant now) const;
  // What the look found, and so what to offer: so that a broker with little room takes some of everybody's,
  // of each priority the sites and services in turn, and after seven of one priority one that is less urgent.
  std::vector<domain::JobRef> looked(domain::Queue queue, std::vector<domain::JobRef> found, Instant now);
  // Jobs that just became ready: to be offered without a look.
  std::vector<domain::JobRef> became_ready(std::vector<domain::JobRef> refs, Instant now);
  // What no broker had room for: as if never offered.
  void returned(const std::vector<domain::JobRef>& refs);

  int scan_max() const { return limits_.scan_max; }

 private:
  struct QueueState {
    Instant looked{};
    bool more = true;  // the last look found as much as it could carry, or somebody notified
  };
  std::vector<domain::JobRef> fresh(std::vector<domain::JobRef> refs, Instant now);
  void forget_old(Instant now);

  RelayLimits limits_;
  std::array<QueueState, domain::all_queues.size()> queues_;
  std::unordered_map<JobId, Instant> offered_;
  Instant forgot_{};
};

}  // namespace certfleet::scheduler
