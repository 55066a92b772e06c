#include "admin-cli/dev_children.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "admin-cli/dev_notify.h"
#include "admin-cli/dev_spawn.h"
#include "admin-cli/width.h"
#include "lib/base/error.h"

namespace certfleet::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds backoff_first{500};
constexpr milliseconds backoff_longest{10'000};
constexpr milliseconds steady{20'000};  // a child that ran so long was well
constexpr std::size_t line_bytes_max = 16UL * 1024;
constexpr std::array colours = {36, 32, 35, 34, 33, 96, 92, 95, 94, 93};

sigset_t our_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (int number : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&set, number);
  return set;
}

std::string end_text(int status) {
  if (WIFSIGNALED(status)) return fmt::format("was ended by signal {}", WTERMSIG(status));
  return fmt::format("ended with exit code {}", WEXITSTATUS(status));
}

int exit_code_of(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

milliseconds Backoff::next(milliseconds ran_for) {
  last_ =
      last_ == milliseconds(0) || ran_for >= steady ? backoff_first : std::min(last_ * 2, backoff_longest);
  return last_;
}

struct Children::Child {
  ChildSpec spec;
  int colour = 36;
  pid_t pid = 0;  // 0: does not run
  int lines_fd = -1;
  std::string partial;
  bool ready = false;
  Instant started;
  std::optional<Instant> again_at;
  Backoff backoff;
};

struct Children::Impl {
  Terminal terminal;
  int signals = -1;
  sigset_t before{};
  NotifySocket notify;
  std::vector<std::unique_ptr<Child>> children;
  int stops_asked = 0;
  bool restart = false;
  std::size_t label_width = 0;
  std::optional<std::pair<std::string, int>> failed;

  void say(const Child& child, std::string_view text) const {
    auto label = fmt::format("{:<{}} |", child.spec.label, label_width);
    if (terminal.colour) label = fmt::format("\x1b[{}m{}\x1b[0m", child.colour, label);
    // One write for a line: others may write to the same place.
    auto line = label + " " + printable(text) + "\n";
    std::fwrite(line.data(), 1, line.size(), stderr);
  }

  void launch(Child& child) {
    child.lines_fd = -1;
    child.partial.clear();
    child.ready = false;
    child.again_at.reset();
    child.started = Monotonic::now();
    child.pid = spawn(child.spec, notify.name(), child.lines_fd);
  }

  void read_lines(Child& child) {
    std::array<char, 8192> buffer;
    for (;;) {
      auto got = ::read(child.lines_fd, buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return;  // nothing more for now
      if (got == 0) return close_lines(child);
      child.partial.append(buffer.data(), static_cast<std::size_t>(got));
      std::size_t from = 0;
      for (std::size_t end; (end = child.partial.find('\n', from)) != std::string::npos; from = end + 1)
        say(child, std::string_view(child.partial).substr(from, end - from));
      child.partial.erase(0, from);
      if (child.partial.size() > line_bytes_max) say(child, std::exchange(child.partial, {}));
    }
  }

  void close_lines(Child& child) {
    if (!child.partial.empty()) say(child, std::exchange(child.partial, {}));
    ::close(child.lines_fd);
    child.lines_fd = -1;
  }

  void reap() {
    for (auto& owned : children) {
      auto& child = *owned;
      int status = 0;
      if (child.pid == 0 || ::waitpid(child.pid, &status, WNOHANG) != child.pid) continue;
      child.pid = 0;
      if (child.lines_fd >= 0) read_lines(child);
      if (child.lines_fd >= 0) close_lines(child);
      ended(child, status);
    }
  }

  void ended(Child& child, int status) {
    if (!restart && stops_asked == 0 && !failed) failed.emplace(child.spec.label, exit_code_of(status));
    if (stops_asked > 0 || !restart) {
      if (exit_code_of(status) != 0) say(child, end_text(status));
      return;
    }
    auto ran = std::chrono::duration_cast<milliseconds>(Monotonic::now() - child.started);
    auto wait = child.backoff.next(ran);
    child.again_at = Monotonic::now() + wait;
    say(child, fmt::format("{}; starts again in {:.1f} s", end_text(status),
                           static_cast<double>(wait.count()) / 1000));
  }

  void take_signals() {
    signalfd_siginfo info{};
    while (::read(signals, &info, sizeof info) == static_cast<ssize_t>(sizeof info))
      if (static_cast<int>(info.ssi_signo) != SIGCHLD) ++stops_asked;
  }

  void take_ready() {
    for (pid_t pid : notify.ready())
      for (auto& child : children)
        if (child->pid == pid) child->ready = true;
  }

  void start_due() {
    for (auto& child : children)
      if (child->again_at && Monotonic::now() >= *child->again_at && stops_asked == 0) launch(*child);
  }

  int poll_ms(milliseconds wait) const {
    auto left = wait;
    for (const auto& child : children)
      if (child->again_at)
        left = std::min(left, std::chrono::duration_cast<milliseconds>(*child->again_at - Monotonic::now()) +
                                  milliseconds(1));
    return static_cast<int>(std::max(left, milliseconds(0)).count());
  }

  // Those that `wanted` picks and that run.
  template <class F>
  void signal(const F& wanted, int number) const {
    for (const auto& child : children)
      if (child->pid != 0 && wanted(*child))
        ::kill(child->pid, number == 0 ? child->spec.stop_signal : number);
  }

  template <class F>
  void stop(Children& owner, const F& wanted, std::chrono::seconds limit) {
    restart = false;
    for (auto& child : children) child->again_at.reset();
    auto runs = [&] {
      return std::any_of(children.begin(), children.end(),
                         [&](const auto& child) { return child->pid != 0 && wanted(*child); });
    };
    int asked = stops_asked;
    bool killed = false;
    auto deadline = Deadline::in(limit);
    signal(wanted, 0);
    while (runs()) {
      owner.turn(std::min(deadline.left() + milliseconds(1), milliseconds(1000)));
      if (std::exchange(asked, stops_asked) != stops_asked) signal(wanted, 0);
      if (!deadline.over() || std::exchange(killed, true)) continue;
      for (const auto& child : children)
        if (child->pid != 0 && wanted(*child))
          say(*child, fmt::format("killed: did not end in {} s", limit.count()));
      signal(wanted, SIGKILL);
    }
  }
};

Children::Children(Terminal terminal) : impl_(std::make_unique<Impl>()) {
  impl_->terminal = terminal;
  auto set = our_signals();
  ::sigprocmask(SIG_BLOCK, &set, &impl_->before);
  impl_->signals = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  CERTFLEET_INVARIANT(impl_->signals >= 0, "signalfd");
}

Children::~Children() {
  impl_->signal([](const Child&) { return true; }, SIGKILL);
  for (auto& child : impl_->children)
    if (child->pid != 0) ::waitpid(child->pid, nullptr, 0);
  ::close(impl_->signals);
  ::sigprocmask(SIG_SETMASK, &impl_->before, nullptr);
}

void Children::start(ChildSpec spec) {
  auto child = std::make_unique<Child>();
  child->colour = colours[impl_->children.size() % colours.size()];
  impl_->label_width = std::max(impl_->label_width, spec.label.size());
  child->spec = std::move(spec);
  impl_->children.push_back(std::move(child));
  impl_->launch(*impl_->children.back());
}

void Children::turn(milliseconds wait) {
  std::vector<pollfd> fds = {{impl_->signals, POLLIN, 0}, {impl_->notify.fd(), POLLIN, 0}};
  for (const auto& child : impl_->children)
    if (child->lines_fd >= 0) fds.push_back({child->lines_fd, POLLIN, 0});
  ::poll(fds.data(), fds.size(), impl_->poll_ms(wait));
  impl_->take_signals();
  impl_->take_ready();
  for (auto& child : impl_->children)
    if (child->lines_fd >= 0) impl_->read_lines(*child);
  impl_->reap();
  impl_->start_due();
}

bool Children::stop_asked() const {
  return impl_->stops_asked > 0;
}

bool Children::runs(const std::string& label) const {
  return std::any_of(impl_->children.begin(), impl_->children.end(),
                     [&](const auto& child) { return child->spec.label == label && child->pid != 0; });
}

bool Children::is_ready(const std::string& label) const {
  return std::any_of(impl_->children.begin(), impl_->children.end(),
                     [&](const auto& child) { return child->spec.label == label && child->ready; });
}

bool Children::all_ready() const {
  return std::all_of(impl_->children.begin(), impl_->children.end(), [](const auto& child) {
    return child->pid != 0 && (child->ready || !child->spec.tells_ready);
  });
}

std::optional<std::pair<std::string, int>> Children::first_ended() const {
  return impl_->failed;
}

void Children::restart_from_now_on(bool restart) {
  impl_->restart = restart;
}

void Children::stop(const std::string& label, std::chrono::seconds limit) {
  impl_->stop(
      *this, [&](const Child& child) { return child.spec.label == label; }, limit);
}

void Children::stop_all_but(const std::string& label, std::chrono::seconds limit) {
  impl_->stop(
      *this, [&](const Child& child) { return child.spec.label != label; }, limit);
}

}  // namespace certfleet::cli
