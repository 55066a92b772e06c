// The life of a daemon, the same for all: options, configuration, log, signals, systemd, /metrics and
// /healthz, and an exit code with a last line that says why.
#pragma once

#include <functional>
#include <stop_token>
#include <string_view>

#include "lib/base/config.h"
#include "lib/base/metrics.h"

namespace certfleet {

// Exit codes of the command and the daemons (DESIGN section 7).
enum class Exit : int { done = 0, failed = 1, usage = 2, not_found = 3, denied = 4, conflict = 5, unreachable = 6 };

Exit exit_code(class Failure const& failure);

class Daemon {
 public:
  virtual ~Daemon() = default;

  // Requested at the first SIGTERM or SIGINT: take nothing new, end or hand back what is held, return.
  virtual std::stop_token drain() const = 0;
  // Requested at the second signal: hand back at once.
  virtual std::stop_token abandon() const = 0;
  // Readable from the first signal on; for loops that poll file descriptors.
  virtual int drain_fd() const = 0;

  // Tells systemd that the daemon serves; starts the answers of /healthz.
  virtual void ready() = 0;
  // Proves that the main loop turns; /healthz is 503 and systemd's watchdog unfed without it for 30 s.
  virtual void alive() = 0;

  virtual Metrics& metrics() = 0;
};

// The whole of a daemon's main: `body` reads its settings from `config` and runs until drained. Options:
// --config FILE (needed) and --version. Returns the exit code; every failure is one line on standard error.
// Reads from the configuration itself: log.level ("info"), health.listen ("127.0.0.1:0", or "" for none).
int daemon_main(int argc, char** argv, std::string_view name,
                const std::function<void(Config& config, Daemon& daemon)>& body);

// No core files and no ptrace for a process that holds secrets. Called by daemon_main and by the command.
void forbid_core_files();

}  // namespace certfleet
