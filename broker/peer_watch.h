// Reads the directory of peers again and again on a thread of its own, so that a slow or absent database
// never holds up the broker. While it can't be read, the last list stays good.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "broker/peer_directory.h"
#include "lib/bus/wakeup.h"

namespace certfleet::broker {

class PeerWatch {
 public:
  // Reads once before it returns: a broker that knows nobody serves nobody. Failure as of the directory.
  PeerWatch(std::unique_ptr<PeerDirectory> directory, std::chrono::milliseconds interval);
  ~PeerWatch();
  PeerWatch(const PeerWatch&) = delete;
  PeerWatch& operator=(const PeerWatch&) = delete;

  int fd() const { return news_.fd(); }  // readable when there is a new list; it is at first
  // The new list, once.
  std::optional<std::vector<EnrolledPeer>> take();

 private:
  void run();
  void read_again();

  std::unique_ptr<PeerDirectory> directory_;
  std::chrono::milliseconds interval_;
  std::vector<EnrolledPeer> last_;  // the thread's
  bool failing_ = false;            // the thread's
  bus::Wakeup news_;

  std::mutex mutex_;  // guards the next two
  std::optional<std::vector<EnrolledPeer>> fresh_;
  bool stopped_ = false;
  std::condition_variable stop_;

  std::thread thread_;
};

}  // namespace certfleet::broker
