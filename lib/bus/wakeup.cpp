#include "lib/bus/wakeup.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "lib/base/error.h"

namespace certfleet::bus {

Wakeup::Wakeup() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0) throw Failure(Fault::retry, "eventfd: no file descriptor left");
}

Wakeup::~Wakeup() {
  ::close(fd_);
}

void Wakeup::ring() noexcept {
  std::uint64_t one = 1;
  // Fails only if it has been rung 2^64 - 2 times: then it is readable anyway.
  [[maybe_unused]] auto written = ::write(fd_, &one, sizeof one);
}

bool Wakeup::clear() noexcept {
  std::uint64_t rung = 0;
  return ::read(fd_, &rung, sizeof rung) == sizeof rung;
}

}  // namespace certfleet::bus
