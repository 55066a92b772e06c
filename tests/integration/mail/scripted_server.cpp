#include "tests/integration/mail/scripted_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace certfleet::testing {

ScriptedServer::ScriptedServer(std::vector<std::string> says, End end) : says_(std::move(says)), end_(end) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* raw = static_cast<sockaddr*>(static_cast<void*>(&address));
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(fd_, raw, size), 0);
  EXPECT_EQ(::listen(fd_, 1), 0);
  EXPECT_EQ(::getsockname(fd_, raw, &size), 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

ScriptedServer::~ScriptedServer() {
  ::shutdown(fd_, SHUT_RDWR);  // ends an accept that nobody came to
  heard();
  ::close(fd_);
}

const std::vector<std::string>& ScriptedServer::heard() {
  if (thread_.joinable()) thread_.join();
  return heard_;
}

void ScriptedServer::serve() {
  int client = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  for (std::size_t i = 0; i < says_.size(); ++i) {
    bool data = i > 0 && says_[i - 1].starts_with("354");
    bool there = true;
    do {
      there = i == 0 || hear_line(client);
    } while (there && data && heard_.back() != ".");
    if (!there) break;
    // The client may have left already: that is its good right.
    ::send(client, says_[i].data(), says_[i].size(), MSG_NOSIGNAL);
  }
  if (end_ == End::silence)
    while (hear_line(client)) {
    }
  ::close(client);
}

bool ScriptedServer::hear_line(int client) {
  for (;;) {
    if (auto end = buffer_.find("\r\n"); end != std::string::npos) {
      heard_.push_back(buffer_.substr(0, end));
      buffer_.erase(0, end + 2);
      return true;
    }
    std::array<char, 1024> block{};
    auto count = ::read(client, block.data(), block.size());
    if (count <= 0) return false;
    buffer_.append(block.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace certfleet::testing
