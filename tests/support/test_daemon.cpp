#include "tests/support/test_daemon.h"

#include <sys/eventfd.h>
#include <unistd.h>

namespace certfleet::testing {

TestDaemon::TestDaemon() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
TestDaemon::~TestDaemon() { ::close(fd_); }

void TestDaemon::request_drain() {
  drain_.request_stop();
  std::uint64_t one = 1;
  [[maybe_unused]] auto written = ::write(fd_, &one, sizeof one);
}

}  // namespace certfleet::testing
