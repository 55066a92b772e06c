// A JobStore in memory with the rules of the real one, for the simulation. One suite holds both to the same
// rules (tests/support/job_store_rules.h). Writes of results are not run: there is no database to write to.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/store/job_store.h"

namespace certfleet::testing {

// What a store must not do is switched off here, so that the simulation can be seen to catch it.
struct Weakness {
  bool no_fence = false;           // ends are accepted whatever their fence
  bool no_session_check = false;   // a lapsed session may claim and be renewed
  bool workers_clock = false;      // sessions live on the clocks of those who hold them
  bool guard_in_select_only = false;  // the sweep chooses its rows some time before it changes them
};

// The tables, shared by all connections to them. Time is what the owner says it is.
class MemoryTables {
 public:
  enum class State { waiting, ready, running };
  struct Row {
    domain::NewJob job;
    State state = State::ready;
    Fence fence{0};
    SessionId session{};
    Instant run_at{};
    Instant deadline{};
    int attempts_failed = 0;
    int crashes = 0;
    bool cancel = false;
    bool parked = false;
  };
  struct Ended {
    domain::NewJob job;
    std::string outcome;  // done, failed, cancelled, dead
    Fence fence{0};
    int crashes = 0;
    std::string error;
  };
  // As the table job_limit; of sites only, for there are no CA accounts here.
  struct Limit {
    int parallel = 0;    // 0: not limited
    int per_minute = 0;  // 0: not limited
    double tokens = 1;
    Instant refilled{};
  };
  struct Session {
    Instant expires{};
    bool draining = false;
    std::vector<std::string> kinds{};
  };

  explicit MemoryTables(Weakness left_out = {}) : weakness(left_out) {}

  // As store::jobs::enqueue; returns the jobs that are ready.
  std::vector<domain::JobRef> enqueue(const std::vector<domain::NewJob>& jobs);
  std::vector<domain::JobRef> promote_key(const std::string& key);
  std::vector<domain::JobRef> promote_limit(const std::string& key);
  bool key_held(const std::string& key) const;
  std::string limit_key_of(const domain::NewJob& job) const;  // "" where no limit is set
  domain::JobRef ref_of(JobId id) const;

  Weakness weakness;
  Instant now{};
  std::map<JobId, Row> jobs;  // live
  std::map<JobId, Ended> ended;
  std::map<SessionId, Session> sessions;
  std::map<std::string, Limit> limits;
  std::vector<JobId> chosen_by_sweep;  // with guard_in_select_only: what the last sweep will change at the next
  std::int64_t next_id = 1;

 private:
  int holders(const std::string& limit, State state) const;
  int limit_room(const std::string& key);
  void make_ready(JobId id, std::vector<domain::JobRef>& ready);
};

// `clock_error`: by how much its user's clock is wrong; asked only where the weakness lets it tell the time.
std::unique_ptr<store::JobStore> memory_job_store(std::shared_ptr<MemoryTables> tables,
                                                  std::chrono::seconds clock_error = std::chrono::seconds(0));

}  // namespace certfleet::testing
