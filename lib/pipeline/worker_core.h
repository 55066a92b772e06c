// What a worker does next, as a function of what it holds, what has happened and the time. No thread, no
// socket, no database: the same object runs in the worker and in the simulation.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <span>
#include <unordered_set>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/id.h"

namespace certfleet::pipeline {

struct WorkerLimits {
  int slots = 4;                 // handlers that run at the same time
  int ahead_max = 8192;          // jobs held beyond the slots, however fast they end
  int batch_max = 2048;          // jobs of one claim; more makes locks long and gains little
  int fast_from = 128;           // jobs of `ahead` at which claims go to the database first
  std::chrono::milliseconds ahead{100};     // how much work of the present speed is held beyond the slots
  // A job's time limit counts from its claim. What has not begun after so long (what runs before it hangs) is handed
  // back, long before the sweep would take it for one that ran too long.
  std::chrono::milliseconds held_max{10'000};
  std::chrono::milliseconds silence{1000};  // without offers for so long, claims go to the database directly
};

class WorkerCore {
 public:
  // `dice` in [0, 1) spreads the silence of many workers by up to a quarter.
  WorkerCore(const WorkerLimits& limits, Instant now, double dice);

  // What happened.
  void offered(std::span<const JobId> ids, Instant now);
  // The same, told by the database itself: as many as there is room for, the others are forgotten. A broker offers them
  // soon after, too, which is no news then.
  void heard(std::span<const JobId> ids, Instant now);
  void claimed(int jobs, Instant now);  // the answer to the claim that next() asked for
  void ended(int jobs, Instant now);    // handlers returned
  void handed_back(int jobs);           // before they began: that tells nothing of how fast jobs end
  void drain();                         // from now on nothing new

  // What to do now. At most one of the two claims is asked for.
  struct Next {
    std::vector<JobId> claim_offered;
    int claim_ready = 0;   // up to so many, whatever is ready
    std::size_t room = 0;  // offers that brokers may send from now on
    std::chrono::milliseconds wait{0};  // then ask again, if nothing happens before
  };
  Next next(Instant now);

  int held() const { return held_; }
  bool draining() const { return draining_; }

 private:
  int capacity() const;
  int room() const;  // jobs that may still be claimed
  bool worth_claiming() const;
  bool fast() const { return ahead_ >= limits_.fast_from; }  // jobs end faster than single offers come
  void keep(JobId id);
  bool is_echo(JobId id, Instant now);
  bool backlog(Instant now) const { return (fast() || doubtful_) && now >= probe_at_; }

  WorkerLimits limits_;
  std::chrono::milliseconds silence_;
  int held_ = 0;  // claimed and not ended
  bool draining_ = false;
  bool direct_ = false;        // there is more than the offers bring: they filled the room, or the last direct claim
                               // found work
  int asked_ = 0;              // the claim under way is for so many
  bool asked_direct_ = false;  // and is a direct one
  bool doubtful_ = false;      // the last offers were old: somebody claims them without having been offered them
  Instant probe_at_{};         // if fast or doubtful, the next direct claim: at once while they fill half of theirs
  Instant heard_;              // the last offer that was worth something, or direct claim
  std::deque<JobId> offers_;
  std::unordered_set<JobId> offered_;  // the same, to drop doubles
  std::map<JobId, Instant> echoes_;    // heard lately, and not yet offered by a broker

  // Ends within the running window, and the speed of the last one.
  Instant window_start_;
  int window_ends_ = 0;
  int ahead_ = 0;  // jobs of limits_.ahead at the present speed
};

}  // namespace certfleet::pipeline
