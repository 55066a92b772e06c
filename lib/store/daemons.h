// Signs of life of brokers and schedulers; workers have their sessions. For people to see, nothing else: who
// leads is decided by the leader's lock.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/store/transaction.h"

namespace certfleet::store::daemons {

struct Info {
  std::string program;                  // "scheduler", "broker"
  std::optional<std::string> endpoint;  // where a broker listens
};

// One process' row. Belongs to one thread.
class Presence {
 public:
  Presence(Info info, const Clock& clock);

  // Says that the process lives, and whether it leads; writes every 5 s and when that changes. Nothing depends on it:
  // that it fails is one line in the log, and it is tried again 5 s later.
  void show(Database& database, bool leads = false);
  // Takes the row away. What fails is left to lapse.
  void leave(Database& database) noexcept;

  static constexpr std::chrono::seconds life{15};  // past its last sign of life it counts as gone

 private:
  void write(Tx& tx, bool leads);

  Info info_;
  const Clock& clock_;
  std::string host_;
  WallTime started_at_;
  std::int64_t id_ = 0;
  bool leads_ = false;
  bool hidden_ = false;  // the last sign could not be written
  std::optional<Instant> shown_;
};

struct Row {
  std::string program;
  std::string host;
  int pid = 0;
  std::string endpoint;
  bool leads = false;
  WallTime started_at;
  WallTime seen_at;
};
std::vector<Row> living(Tx& tx);  // by program, host and process

}  // namespace certfleet::store::daemons
