// Who may stay how long at a server that is open to the world. Each connection has so much time in all, whatever it
// sends meanwhile; one peer has only so many; and where others wait, the slowest go first. A few clients that never
// finish their request hold up nobody.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "lib/base/clock.h"

namespace certfleet::order {

class OpenConnections {
 public:
  struct Limits {
    std::size_t served = 16;                      // at once: as many as there are threads
    std::size_t open = 80;                        // the others wait; more are refused
    std::size_t of_peer = 20;                     // a CA asks a few at a time; a proxy before us has to do with it
    std::chrono::milliseconds whole{10'000};      // from the first byte to the last; a CA waits no longer either
    std::chrono::milliseconds when_crowded{1000}; // while others wait; a request takes some milliseconds
  };

  explicit OpenConnections(const Limits& limits);
  ~OpenConnections();
  OpenConnections(const OpenConnections&) = delete;
  OpenConnections& operator=(const OpenConnections&) = delete;

  // All from any thread. False: it is one too many, close it. `key` is the connection's own until ended(). What is
  // past its time is shut down by way of a descriptor of our own: reads and writes on `fd` then end.
  bool opened(const void* key, int fd, const std::string& peer);
  void ended(const void* key);
  void shut_all();

 private:
  struct Connection {
    int fd;
    std::string peer;
    Instant since;
    bool shut = false;
  };
  void watch(const std::stop_token& stop);
  void shut_late(Instant now);

  const Limits limits_;
  std::mutex mutex_;  // guards the next
  std::map<const void*, Connection> connections_;
  std::condition_variable_any changed_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace certfleet::order
