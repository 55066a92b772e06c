// Waiting for a socket without outliving a deadline or a stop.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>

#include "lib/base/clock.h"

namespace certfleet::net {

class Waiter {
 public:
  Waiter(Deadline deadline, std::stop_token stop);
  ~Waiter();
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  // True when `fd` is ready for `events` (as for poll(2)) or broken; false when `deadline` has passed.
  // Failure(retry) if a stop is asked for first.
  bool ready(int fd, short events, Deadline deadline) const;
  bool ready(int fd, short events) const { return ready(fd, events, deadline_); }

  Deadline deadline() const { return deadline_; }
  const std::stop_token& stop() const { return stop_; }

 private:
  Deadline deadline_;
  std::stop_token stop_;
  int stop_fd_;  // readable once a stop is asked for
  std::optional<std::stop_callback<std::function<void()>>> on_stop_;
};

// Failure(retry) "… was stopped".
void throw_if_stopped(const std::stop_token& stop);

}  // namespace certfleet::net
