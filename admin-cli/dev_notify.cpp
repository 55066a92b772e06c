#include "admin-cli/dev_notify.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string_view>

#include "lib/base/error.h"
#include "lib/pki/random.h"

namespace certfleet::cli {
namespace {

bool says_ready(std::string_view text) {
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    if (line == "READY=1") return true;
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return false;
}

}  // namespace

NotifySocket::NotifySocket() {
  // An abstract name: no file to clean up, and reachable for children of another user.
  name_ = fmt::format("@certfleet-dev-{}-{}", ::getpid(), pki::random_hex(8));
  fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name_.data(), name_.size());
  address.sun_path[0] = '\0';
  auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
  int on = 1;
  CERTFLEET_INVARIANT(fd_ >= 0 && ::bind(fd_, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
                          ::setsockopt(fd_, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0,
                      name_);
}

NotifySocket::~NotifySocket() {
  ::close(fd_);
}

std::vector<pid_t> NotifySocket::ready() {
  std::vector<pid_t> pids;
  for (;;) {
    std::array<char, 4096> text;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
    iovec part{text.data(), text.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    auto got = ::recvmsg(fd_, &message, 0);
    if (got < 0) return pids;
    if (!says_ready({text.data(), static_cast<std::size_t>(got)})) continue;
    for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
      if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_CREDENTIALS) continue;
      ucred sender{};
      std::memcpy(&sender, CMSG_DATA(header), sizeof sender);
      pids.push_back(sender.pid);
    }
  }
}

}  // namespace certfleet::cli
