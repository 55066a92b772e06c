#include "tests/integration/net/servers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <stdexcept>

#include "lib/base/file.h"

namespace certfleet::net::testing {

namespace {

constexpr std::chrono::seconds start_limit{20};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Both directions until one side closes.
void relay(int one, int other) {
  for (;;) {
    pollfd fds[2] = {{one, POLLIN, 0}, {other, POLLIN, 0}};
    if (::poll(fds, 2, 10'000) <= 0) return;
    for (int i = 0; i < 2; ++i) {
      if (fds[i].revents == 0) continue;
      char bytes[4096];
      auto count = ::recv(fds[i].fd, bytes, sizeof bytes, 0);
      if (count <= 0 || ::send(fds[1 - i].fd, bytes, static_cast<std::size_t>(count), MSG_NOSIGNAL) != count)
        return;
    }
  }
}

}  // namespace

Identity::Identity(const TempDir& dir, const std::string& name, const pki::Certificate& certificate,
                   const pki::PrivateKey& key, const std::vector<pki::Certificate>& chain)
    : base_((dir / name).string()), certificate_(certificate) {
  std::string above;
  for (const auto& each : chain) above += each.pem();
  write_file(file("crt"), certificate.pem(), 0644);
  write_file(file("key"), key.to_pem().view(), 0600);
  write_file(file("chain"), above, 0644);
}

std::string Identity::file(const std::string& kind) const {
  return base_ + "." + kind;
}

TlsServer::TlsServer(const TempDir& dir, const Identity& identity,
                     const std::vector<std::string>& arguments) {
  std::vector<std::string> argv = {"openssl", "s_server",           "-accept", "127.0.0.1:0",
                                   "-cert",   identity.file("crt"), "-key",    identity.file("key"),
                                   "-www"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  certfleet::testing::ProcessOptions options;
  options.directory = dir.path();
  process_ = std::make_unique<Process>(argv, options);
  if (!process_->wait_for_line("ACCEPT ", start_limit))
    throw std::runtime_error("openssl s_server: " + process_->err());
  auto out = process_->out();
  auto at = out.find("ACCEPT ") + 7;
  address_ = parse_address(std::string_view(out).substr(at, out.find('\n', at) - at));
}

SilentServer::SilentServer() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  auto address = loopback(0);
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd_, raw, size) != 0 || ::listen(fd_, 16) != 0 || ::getsockname(fd_, raw, &size) != 0)
    throw std::runtime_error("can't listen");
  address_ = {"127.0.0.1", ntohs(address.sin_port)};
}

SilentServer::~SilentServer() {
  ::close(fd_);
}

ScriptedServer::ScriptedServer(std::function<void(int)> serve)
    : thread_([this, serve = std::move(serve)](std::stop_token stop) {
        for (;;) {
          int connection = ::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC);
          if (connection < 0 || stop.stop_requested()) return;
          timeval limit{10, 0};  // a test that went wrong must not hang
          ::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
          connections_.emplace_back([serve, connection] {
            serve(connection);
            ::close(connection);
          });
        }
      }) {}

ScriptedServer::~ScriptedServer() {
  thread_.request_stop();
  ::shutdown(listener_.fd(), SHUT_RDWR);  // ends accept()
}

std::string read_request(int connection) {
  std::string request;
  std::size_t needed = std::string::npos;
  while (request.size() < needed) {
    char bytes[4096];
    auto count = ::recv(connection, bytes, sizeof bytes, 0);
    if (count <= 0) return {};
    request.append(bytes, static_cast<std::size_t>(count));
    auto end = request.find("\r\n\r\n");
    if (needed != std::string::npos || end == std::string::npos) continue;
    std::size_t body = 0;
    auto length = request.find("Content-Length: ");
    if (length != std::string::npos && length < end)
      std::from_chars(request.data() + length + 16, request.data() + request.size(), body);
    needed = end + 4 + body;
  }
  return request;
}

void read_some(int connection) {
  char bytes[4096];
  static_cast<void>(::recv(connection, bytes, sizeof bytes, 0));
}

void write_text(int connection, std::string_view text) {
  while (!text.empty()) {
    auto count = ::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

Proxy::Proxy()
    : server_([this](int connection) {
        auto request = read_request(connection);
        auto target = request.substr(8, request.find(' ', 8) - 8);
        {
          std::lock_guard lock(mutex_);
          asked_.push_back(target);
        }
        auto address = loopback(parse_address(target).port);
        int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (::connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
          write_text(connection, "HTTP/1.1 200 Connection established\r\nX-Proxy: yes\r\n\r\n");
          relay(connection, server);
        } else {
          write_text(connection, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
        }
        ::close(server);
      }) {}

std::vector<std::string> Proxy::asked() const {
  std::lock_guard lock(mutex_);
  return asked_;
}

}  // namespace certfleet::net::testing
