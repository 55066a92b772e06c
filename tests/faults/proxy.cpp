#include "tests/faults/proxy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "lib/base/clock.h"

namespace certfleet::faults {
namespace {

constexpr std::size_t waiting_max =
    256 * 1024;  // of one direction; then nothing more is read, as TCP does it

sockaddr_in loopback(unsigned short port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Fd listening() {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  auto address = loopback(0);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd.get(), 64) != 0)
    throw std::system_error(errno, std::generic_category(), "proxy");
  return fd;
}

struct Chunk {
  Instant due;
  std::string bytes;
};

// One direction of a connection.
struct Way {
  std::deque<Chunk> chunks;
  std::size_t waiting = 0;
  bool ended = false;       // its source has said its last
  bool passed_end = false;  // and its target was told
};

struct Connection {
  Fd near, far;
  bool connected = false;  // the far side
  bool broken = false;
  Way out, in;  // near to far, far to near
};

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

void read_into(int fd, Way& way, std::chrono::milliseconds delay, bool& broken) {
  std::array<char, 65536> buffer;
  auto got = ::recv(fd, buffer.data(), buffer.size(), 0);
  if (got > 0) {
    way.waiting += static_cast<std::size_t>(got);
    way.chunks.push_back(
        {Monotonic::now() + delay, std::string(buffer.data(), static_cast<std::size_t>(got))});
  } else if (got == 0) {
    way.ended = true;
  } else if (!would_block()) {
    broken = true;
  }
}

// Returns the bytes written.
std::size_t write_due(int fd, Way& way, bool& broken) {
  std::size_t written = 0;
  while (!way.chunks.empty() && way.chunks.front().due <= Monotonic::now()) {
    auto& bytes = way.chunks.front().bytes;
    auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      broken = broken || !would_block();
      return written;
    }
    written += static_cast<std::size_t>(sent);
    way.waiting -= static_cast<std::size_t>(sent);
    bytes.erase(0, static_cast<std::size_t>(sent));
    if (bytes.empty()) way.chunks.pop_front();
  }
  if (way.chunks.empty() && way.ended && !way.passed_end) {
    ::shutdown(fd, SHUT_WR);
    way.passed_end = true;
  }
  return written;
}

}  // namespace

struct Proxy::Impl {
  enum class State { open, cut, half_open, no_answers };

  unsigned short to;
  unsigned short port = 0;
  Fd listener = listening();
  Fd bell{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};

  std::mutex mutex;  // guards the next group
  std::condition_variable obeyed;
  State state = State::open;
  std::chrono::milliseconds delay{0};
  bool forget = false;
  bool stop = false;
  std::string word;  // at which answers are withheld; "": none is waited for
  std::uint64_t orders = 0, done = 0;

  std::atomic<std::uint64_t> passed{0};
  std::atomic<int> count{0};
  std::list<Connection> connections;  // the thread's own
  std::thread thread;                 // last

  explicit Impl(unsigned short target) : to(target) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    thread = std::thread([this] { run(); });
  }
  ~Impl() {
    order([&] { stop = true; });
    thread.join();
  }

  template <class F>
  void order(F&& change) {
    std::unique_lock lock(mutex);
    change();
    auto mine = ++orders;
    std::uint64_t one = 1;
    [[maybe_unused]] auto written = ::write(bell.get(), &one, sizeof one);
    obeyed.wait(lock, [&] { return done >= mine; });
  }

  void run() {
    for (;;) {
      State now;
      std::chrono::milliseconds late;
      {
        std::lock_guard lock(mutex);
        now = state;
        late = delay;
        if (now == State::cut || std::exchange(forget, false)) connections.clear();
        count = static_cast<int>(connections.size());
        done = orders;
        obeyed.notify_all();
        if (stop) return;
      }
      turn(now, late);
    }
  }

  static bool serving(State now) { return now == State::open || now == State::no_answers; }

  // Until when the next chunk waits, in poll's milliseconds.
  int patience(State now) const {
    if (now == State::half_open) return -1;
    auto next = Instant::max();
    for (const auto& each : connections)
      for (const auto* way : {&each.out, &each.in})
        if (!way->chunks.empty() && way->chunks.front().due > Monotonic::now())
          next = std::min(next, way->chunks.front().due);
    if (next == Instant::max()) return -1;
    return static_cast<int>(Deadline(next).left().count()) + 1;
  }

  void turn(State now, std::chrono::milliseconds late) {
    std::vector<pollfd> fds = {{bell.get(), POLLIN, 0}, {listener.get(), POLLIN, 0}};
    auto due = [](const Way& way) {
      return !way.chunks.empty() && way.chunks.front().due <= Monotonic::now();
    };
    for (const auto& each : connections) {
      short near = 0, far = 0;
      if (serving(now)) {
        bool answers = now == State::open;
        if (each.connected && !each.out.ended && each.out.waiting < waiting_max) near |= POLLIN;
        if (each.connected && answers && !each.in.ended && each.in.waiting < waiting_max) far |= POLLIN;
        if (answers && due(each.in)) near |= POLLOUT;
        if (due(each.out) || !each.connected) far |= POLLOUT;
      }
      // -1: not even a hang-up is seen while half-open, or again once an end was passed on.
      fds.push_back({near == 0 ? -1 : each.near.get(), near, 0});
      fds.push_back({far == 0 ? -1 : each.far.get(), far, 0});
    }
    ::poll(fds.data(), fds.size(), patience(now));
    std::uint64_t rung = 0;
    [[maybe_unused]] auto heard = ::read(bell.get(), &rung, sizeof rung);
    std::size_t at = 2;
    if (serving(now)) {
      for (auto& each : connections) {
        serve(each, fds[at].revents, fds[at + 1].revents, late, now == State::open);
        at += 2;
      }
    }
    if (fds[1].revents != 0) accept(now);
    connections.remove_if(
        [](const auto& each) { return each.broken || (each.out.passed_end && each.in.passed_end); });
  }

  void serve(Connection& each, short near, short far, std::chrono::milliseconds late, bool answers) {
    if (!each.connected) {
      if (far == 0) return;
      int error = 0;
      socklen_t size = sizeof error;
      ::getsockopt(each.far.get(), SOL_SOCKET, SO_ERROR, &error, &size);
      each.broken = error != 0;
      each.connected = error == 0;
      return;
    }
    if ((near & (POLLIN | POLLHUP | POLLERR)) != 0 && !each.out.ended) {
      read_into(each.near.get(), each.out, late, each.broken);
      if (!each.out.chunks.empty()) heed(each.out.chunks.back().bytes);
    }
    if (answers && (far & (POLLIN | POLLHUP | POLLERR)) != 0 && !each.in.ended)
      read_into(each.far.get(), each.in, late, each.broken);
    passed += write_due(each.far.get(), each.out, each.broken);
    if (answers) passed += write_due(each.near.get(), each.in, each.broken);
  }

  void heed(const std::string& question) {
    std::lock_guard lock(mutex);
    if (word.empty() || question.find(word) == std::string::npos) return;
    word.clear();
    state = State::no_answers;
  }

  void accept(State now) {
    Fd near(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (near.get() < 0 || now == State::cut) return;
    Connection made;
    made.near = std::move(near);
    made.far = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    int on = 1;
    for (int fd : {made.near.get(), made.far.get()})
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto address = loopback(to);
    auto result = ::connect(made.far.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    if (result != 0 && errno != EINPROGRESS) return;
    connections.push_back(std::move(made));
  }
};

Proxy::Proxy(unsigned short to) : impl_(std::make_unique<Impl>(to)) {}
Proxy::~Proxy() = default;

unsigned short Proxy::port() const {
  return impl_->port;
}
void Proxy::cut() {
  impl_->order([&] { impl_->state = Impl::State::cut; });
}
void Proxy::half_open() {
  impl_->order([&] { impl_->state = Impl::State::half_open; });
}
void Proxy::withhold_answers(const std::string& from_word) {
  impl_->order([&] {
    impl_->word = from_word;
    if (from_word.empty()) impl_->state = Impl::State::no_answers;
  });
}
void Proxy::slow(std::chrono::milliseconds delay) {
  impl_->order([&] {
    impl_->state = Impl::State::open;
    impl_->delay = delay;
  });
}
void Proxy::mend(bool forgotten) {
  impl_->order([&] {
    impl_->state = Impl::State::open;
    impl_->delay = std::chrono::milliseconds(0);
    impl_->forget = forgotten;
    impl_->word.clear();
  });
}
std::uint64_t Proxy::passed() const {
  return impl_->passed;
}
int Proxy::connections() const {
  return impl_->count;
}

}  // namespace certfleet::faults
