// A Daemon for tests that run a worker or a scheduler in their own process: drained by the test.
#pragma once

#include <atomic>

#include "lib/base/daemon.h"

namespace certfleet::testing {

class TestDaemon final : public Daemon {
 public:
  TestDaemon();
  ~TestDaemon() override;

  void request_drain();
  bool is_ready() const { return ready_; }

  std::stop_token drain() const override { return drain_.get_token(); }
  std::stop_token abandon() const override { return abandon_.get_token(); }
  int drain_fd() const override { return fd_; }
  void ready() override { ready_ = true; }
  void alive() override {}
  Metrics& metrics() override { return metrics_; }

 private:
  int fd_;
  std::atomic<bool> ready_{false};
  std::stop_source drain_;
  std::stop_source abandon_;
  Metrics metrics_;
};

}  // namespace certfleet::testing
