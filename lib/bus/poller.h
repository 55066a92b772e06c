// Waits for sockets and file descriptors together. Made anew for each wait: cheap for the few a process has.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

namespace certfleet::bus {

class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // Sockets by their handle(). Level-triggered: zmq_poll looks at a socket's state, not only at its
  // edge-triggered descriptor. Each returns the index to ask for after wait().
  std::size_t add_socket(void* handle, bool writable_too = false);
  std::size_t add_fd(int fd);  // readable
  void clear();

  // False if the time passed and nothing is ready. A signal ends the wait early.
  bool wait(std::chrono::milliseconds timeout);
  bool readable(std::size_t index) const;
  bool writable(std::size_t index) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace certfleet::bus
