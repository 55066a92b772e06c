#include "workers/order/open_connections.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

namespace certfleet::order {
namespace {

constexpr std::chrono::milliseconds turn{100};  // how late a connection may be shut

}  // namespace

OpenConnections::OpenConnections(const Limits& limits) : limits_(limits) {
  thread_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
}

OpenConnections::~OpenConnections() {
  thread_.request_stop();
  thread_.join();
  for (const auto& [key, connection] : connections_) ::close(connection.fd);
}

bool OpenConnections::opened(const void* key, int fd, const std::string& peer) {
  std::lock_guard lock(mutex_);
  auto of_peer = std::count_if(connections_.begin(), connections_.end(),
                               [&](const auto& each) { return each.second.peer == peer; });
  if (connections_.size() >= limits_.open || static_cast<std::size_t>(of_peer) >= limits_.of_peer) return false;
  // Its own: the other one may be closed, and be somebody else's, at any time.
  int own = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (own < 0) return false;
  connections_[key] = Connection{own, peer, Monotonic::now()};
  changed_.notify_one();
  return true;
}

void OpenConnections::ended(const void* key) {
  std::lock_guard lock(mutex_);
  auto found = connections_.find(key);
  if (found == connections_.end()) return;
  ::close(found->second.fd);
  connections_.erase(found);
}

void OpenConnections::shut_all() {
  std::lock_guard lock(mutex_);
  for (auto& [key, connection] : connections_) ::shutdown(connection.fd, SHUT_RDWR);
}

void OpenConnections::watch(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return !connections_.empty(); })) {
    changed_.wait_for(lock, stop, turn, [] { return false; });
    shut_late(Monotonic::now());
  }
}

void OpenConnections::shut_late(Instant now) {
  std::vector<Connection*> oldest_first;
  for (auto& [key, connection] : connections_)
    if (!connection.shut) oldest_first.push_back(&connection);
  std::sort(oldest_first.begin(), oldest_first.end(),
            [](const auto* one, const auto* other) { return one->since < other->since; });
  auto left = oldest_first.size();
  for (auto* connection : oldest_first) {
    auto limit = left > limits_.served ? limits_.when_crowded : limits_.whole;
    if (now - connection->since < limit) return;
    ::shutdown(connection->fd, SHUT_RDWR);
    connection->shut = true;
    --left;
  }
}

}  // namespace certfleet::order
