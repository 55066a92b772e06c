#include "lib/bus/poller.h"

#include <fmt/format.h>
#include <zmq.h>

#include <cerrno>

#include "lib/base/error.h"

namespace certfleet::bus {

struct Poller::Impl {
  std::vector<zmq_pollitem_t> items;
};

Poller::Poller() : impl_(std::make_unique<Impl>()) {}
Poller::~Poller() = default;

std::size_t Poller::add_socket(void* handle, bool writable_too) {
  auto events = static_cast<short>(writable_too ? ZMQ_POLLIN | ZMQ_POLLOUT : ZMQ_POLLIN);
  impl_->items.push_back({handle, 0, events, 0});
  return impl_->items.size() - 1;
}

std::size_t Poller::add_fd(int fd) {
  impl_->items.push_back({nullptr, fd, ZMQ_POLLIN, 0});
  return impl_->items.size() - 1;
}

void Poller::clear() {
  impl_->items.clear();
}

bool Poller::wait(std::chrono::milliseconds timeout) {
  auto& items = impl_->items;
  int ready = zmq_poll(items.data(), static_cast<int>(items.size()), static_cast<long>(timeout.count()));
  if (ready >= 0) return ready > 0;
  if (zmq_errno() != EINTR)
    throw Failure(Fault::permanent, fmt::format("poll: {}", zmq_strerror(zmq_errno())));
  for (auto& item : items) item.revents = 0;
  return false;
}

bool Poller::readable(std::size_t index) const {
  // An error on a descriptor counts as readable: whoever reads it meets the error.
  return (impl_->items.at(index).revents & (ZMQ_POLLIN | ZMQ_POLLERR)) != 0;
}

bool Poller::writable(std::size_t index) const {
  return (impl_->items.at(index).revents & ZMQ_POLLOUT) != 0;
}

}  // namespace certfleet::bus
