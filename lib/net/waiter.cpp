#include "lib/net/waiter.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "lib/base/error.h"

namespace certfleet::net {

void throw_if_stopped(const std::stop_token& stop) {
  if (stop.stop_requested())
    throw Failure(Fault::retry, "the connection was given up because a stop was asked for");
}

Waiter::Waiter(Deadline deadline, std::stop_token stop)
    : deadline_(deadline), stop_(std::move(stop)), stop_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (stop_fd_ < 0)
    throw Failure(Fault::retry, "can't wait for a connection: " + std::generic_category().message(errno));
  on_stop_.emplace(stop_, [fd = stop_fd_] { ::eventfd_write(fd, 1); });
}

Waiter::~Waiter() {
  on_stop_.reset();  // from here on nobody writes
  ::close(stop_fd_);
}

bool Waiter::ready(int fd, short events, Deadline deadline) const {
  for (;;) {
    throw_if_stopped(stop_);
    std::array<pollfd, 2> fds{pollfd{fd, events, 0}, pollfd{stop_fd_, POLLIN, 0}};
    // One more, as left() rounds down: else the last millisecond would be spent in a busy loop.
    int limit_ms = static_cast<int>(std::min<std::int64_t>(deadline.left().count() + 1, 60'000));
    int count = ::poll(fds.data(), fds.size(), limit_ms);
    if (count < 0 && errno != EINTR)
      throw Failure(Fault::retry, "can't wait for a connection: " + std::generic_category().message(errno));
    throw_if_stopped(stop_);
    if (count > 0 && fds[0].revents != 0) return true;
    if (deadline.over()) return false;
  }
}

}  // namespace certfleet::net
