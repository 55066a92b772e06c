// The child processes of `certfleet dev`: started, their lines shown with a label, started again when they
// die, ended in order. One thread does it all. None outlives this process: the kernel signals them if it is
// killed.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "admin-cli/terminal.h"
#include "lib/base/clock.h"

namespace certfleet::cli {

struct ChildSpec {
  std::string label;
  std::vector<std::string> argv;                // argv[0] is the program's path
  std::optional<std::pair<uid_t, gid_t>> user;  // to run as; none: as we do
  int stop_signal = 0;
  bool tells_ready = false;  // by sd_notify(READY=1)
};

// How long a child that died waits: longer each time, from the start again once it has run for a while.
class Backoff {
 public:
  std::chrono::milliseconds next(std::chrono::milliseconds ran_for);

 private:
  std::chrono::milliseconds last_{0};
};

class Children {
 public:
  // Takes over SIGINT, SIGTERM, SIGHUP and SIGCHLD of this process.
  explicit Children(Terminal terminal);
  ~Children();  // ends all that still run
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;

  // Failure(permanent) naming the program if it can't be started.
  void start(ChildSpec spec);

  // Waits for events at most so long and handles them.
  void turn(std::chrono::milliseconds wait);

  bool stop_asked() const;  // SIGINT, SIGTERM or SIGHUP has come
  bool runs(const std::string& label) const;
  bool is_ready(const std::string& label) const;
  bool all_ready() const;  // of those that tell
  // The first child that ended while children are not started again, and its exit code.
  std::optional<std::pair<std::string, int>> first_ended() const;
  // Whether a child that dies is started again. Not at first.
  void restart_from_now_on(bool restart);

  // Signals the child, or all others, and waits until they have ended; after `limit` they are killed. A
  // signal that comes to us meanwhile is passed on. Nothing is started again.
  void stop(const std::string& label, std::chrono::seconds limit);
  void stop_all_but(const std::string& label, std::chrono::seconds limit);

 private:
  struct Child;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace certfleet::cli
