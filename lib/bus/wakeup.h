// One thread wakes another that waits in a poll. Any number of rings before the wait make one wake-up.
#pragma once

namespace certfleet::bus {

class Wakeup {
 public:
  Wakeup();
  ~Wakeup();
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  void ring() noexcept;           // from any thread
  int fd() const { return fd_; }  // readable once rung
  bool clear() noexcept;          // true if it was rung

 private:
  int fd_;
};

}  // namespace certfleet::bus
