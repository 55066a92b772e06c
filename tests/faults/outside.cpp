#include "tests/faults/outside.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/error.h"

namespace certfleet::faults {
namespace {

constexpr std::size_t line_max = 256;

sockaddr_in loopback(unsigned short port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

struct Guest {
  int fd;
  std::string said;
};

}  // namespace

struct Outside::Impl {
  int silent_one_in;
  int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int bell = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  unsigned short port = 0;
  mutable std::mutex mutex;  // guards the next three
  std::map<std::string, int> acts;
  bool stop = false;
  std::function<void()> on_question;
  std::list<Guest> guests;  // the thread's own
  std::thread thread;       // last

  explicit Impl(int silent) : silent_one_in(silent) {
    auto address = loopback(0);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener, any, size) != 0 || ::listen(listener, 128) != 0 ||
        ::getsockname(listener, any, &size) != 0)
      throw std::system_error(errno, std::generic_category(), "outside");
    port = ntohs(address.sin_port);
    thread = std::thread([this] { run(); });
  }
  ~Impl() {
    {
      std::lock_guard lock(mutex);
      stop = true;
    }
    std::uint64_t one = 1;
    [[maybe_unused]] auto written = ::write(bell, &one, sizeof one);
    thread.join();
    for (auto& guest : guests) ::close(guest.fd);
    ::close(listener);
    ::close(bell);
  }

  void run() {
    for (;;) {
      std::vector<pollfd> fds = {{bell, POLLIN, 0}, {listener, POLLIN, 0}};
      for (const auto& guest : guests) fds.push_back({guest.fd, POLLIN, 0});
      ::poll(fds.data(), fds.size(), -1);
      {
        std::lock_guard lock(mutex);
        if (stop) return;
      }
      std::size_t at = 2;
      for (auto guest = guests.begin(); guest != guests.end(); ++at) {
        bool gone = fds[at].revents != 0 && !hear(*guest);
        if (gone) ::close(guest->fd);
        guest = gone ? guests.erase(guest) : std::next(guest);
      }
      if (fds[1].revents != 0)
        if (int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK); fd >= 0)
          guests.push_back({fd, ""});
    }
  }

  // False when the guest is to go.
  bool hear(Guest& guest) {
    std::array<char, line_max> buffer{};
    auto got = ::recv(guest.fd, buffer.data(), buffer.size(), 0);
    if (got <= 0) return got < 0 && (errno == EAGAIN || errno == EINTR);
    guest.said.append(buffer.data(), static_cast<std::size_t>(got));
    auto end = guest.said.find('\n');
    if (end == std::string::npos) return guest.said.size() < line_max;
    auto answer = reply(guest.said.substr(0, end));
    if (!answer.empty()) ::send(guest.fd, answer.data(), answer.size(), MSG_NOSIGNAL);
    return false;
  }

  std::string reply(const std::string& line) {
    std::lock_guard lock(mutex);
    if (line.starts_with("seen ") && on_question) on_question();
    if (line.starts_with("seen ")) return acts.contains(line.substr(5)) ? "yes\n" : "no\n";
    if (!line.starts_with("act ")) return "";
    int first = ++acts[line.substr(4)];
    bool silent =
        silent_one_in > 0 && first == 1 && acts.size() % static_cast<std::size_t>(silent_one_in) == 0;
    return silent ? "" : "done\n";
  }
};

Outside::Outside(int silent_one_in) : impl_(std::make_unique<Impl>(silent_one_in)) {}
Outside::~Outside() = default;

unsigned short Outside::port() const {
  return impl_->port;
}

std::map<std::string, int> Outside::acts() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->acts;
}

void Outside::on_question(std::function<void()> call) {
  std::lock_guard lock(impl_->mutex);
  impl_->on_question = std::move(call);
}

std::string OutsideClient::ask(const std::string& line) const {
  auto deadline = Deadline::in(limit_);
  struct Closing {
    int fd;
    ~Closing() { ::close(fd); }
  } socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  auto address = loopback(port_);
  if (::connect(socket.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw Failure(Fault::unreachable, "the outside can't be reached");
  auto text = line + "\n";
  if (::send(socket.fd, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
    throw Failure(Fault::retry, "the outside hung up");
  std::string answer;
  for (;;) {
    pollfd one{socket.fd, POLLIN, 0};
    if (::poll(&one, 1, static_cast<int>(deadline.left().count())) <= 0) break;
    std::array<char, line_max> buffer{};
    auto got = ::recv(socket.fd, buffer.data(), buffer.size(), 0);
    if (got <= 0) break;
    answer.append(buffer.data(), static_cast<std::size_t>(got));
    if (answer.ends_with('\n')) return answer.substr(0, answer.size() - 1);
  }
  throw Failure(Fault::retry, "no answer from outside");
}

}  // namespace certfleet::faults
