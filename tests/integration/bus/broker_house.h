// A whole broker on a free loopback port: context, ZAP, router, core and loop, on a thread of its own. Its
// list of peers is in memory and can be changed, or fail to load.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

#include "broker/broker_loop.h"
#include "lib/base/error.h"
#include "lib/bus/client.h"
#include "tests/support/test_daemon.h"

namespace certfleet::broker {

using namespace std::chrono_literals;

// What the test says is enrolled.
class Roll {
 public:
  void enroll(const bus::PublicKey& key, PeerId id, bus::Role role, std::optional<domain::Queue> queue) {
    std::lock_guard lock(mutex_);
    peers_.push_back({key, {id, "peer-" + std::to_string(id.value()), role, queue}});
  }
  void revoke(PeerId id) {
    std::lock_guard lock(mutex_);
    std::erase_if(peers_, [&](const auto& peer) { return peer.who.id == id; });
  }
  void fail(bool failing) { failing_ = failing; }
  int loads() const { return loads_; }

  std::vector<EnrolledPeer> load() {
    ++loads_;
    if (failing_) throw Failure(Fault::unreachable, "the database is away");
    std::lock_guard lock(mutex_);
    return peers_;
  }

 private:
  std::mutex mutex_;
  std::vector<EnrolledPeer> peers_;
  std::atomic<bool> failing_{false};
  std::atomic<int> loads_{0};
};

class RollDirectory final : public PeerDirectory {
 public:
  explicit RollDirectory(Roll& roll) : roll_(roll) {}
  std::vector<EnrolledPeer> load() override { return roll_.load(); }

 private:
  Roll& roll_;
};

class RunningBroker {
 public:
  RunningBroker(Roll& roll, const bus::KeyPair& keys, const std::string& endpoint = "tcp://127.0.0.1:*")
      : zap_(context_, clock_),
        router_(context_, keys, {.linger = 100ms}),
        peers_(std::make_unique<RollDirectory>(roll), 20ms),
        core_("broker", {.beat = 200ms}),
        loop_(core_, router_, zap_, peers_, clock_) {
    router_.bind(endpoint);
    endpoint_ = router_.endpoint();
    thread_ = std::thread([this] { loop_.run(daemon_); });
  }
  ~RunningBroker() {
    daemon_.request_drain();
    thread_.join();
  }

  const std::string& endpoint() const { return endpoint_; }
  std::uint64_t keys_refused() const { return zap_.refused(); }
  std::string metrics() { return daemon_.metrics().render(); }

 private:
  SystemClock clock_;
  testing::TestDaemon daemon_;
  bus::Context context_;
  bus::Zap zap_;
  bus::Router router_;
  PeerWatch peers_;
  BrokerCore core_;
  BrokerLoop loop_;
  std::string endpoint_;
  std::thread thread_;
};

}  // namespace certfleet::broker
