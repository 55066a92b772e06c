// The I/O thread that sockets share. Outlives every socket made in it; may be used from several threads.
#pragma once

#include <memory>

namespace certfleet::bus {

class Context {
 public:
  Context();
  // Waits until every socket is closed and what they still had to send is sent, for at most their linger.
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  void* handle() const;  // the zmq::context_t, for the sockets of this room

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace certfleet::bus
