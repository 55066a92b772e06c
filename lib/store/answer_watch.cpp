#include "lib/store/answer_watch.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace certfleet::store {

AnswerWatch::AnswerWatch() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

AnswerWatch& AnswerWatch::of_process() {
  static AnswerWatch watch;
  return watch;
}

// What waits is looked at when the first of it is late. Nobody takes notice of questions that are asked and answered
// meanwhile, so that these cost a lock and no change of threads.
void AnswerWatch::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    next_look_ = cut_what_is_late();
    auto look = next_look_;
    auto earlier = [&] { return next_look_ < look; };
    if (look == Instant::max())
      sooner_.wait(lock, stop, earlier);
    else
      sooner_.wait_until(lock, stop, look, earlier);
  }
}

// When to look again.
Instant AnswerWatch::cut_what_is_late() {
  auto now = Monotonic::now();
  auto next = Instant::max();
  for (auto* line : lines_) {
    if (line->until_ > now) {
      next = std::min(next, line->until_);
      continue;
    }
    line->until_ = Instant::max();
    line->cut_ = true;
    ::shutdown(line->socket_, SHUT_RDWR);  // what has come in is still read
  }
  return next;
}

AnswerWatch::Line::Line(AnswerWatch& watch, int socket)
    : watch_(watch), socket_(::fcntl(socket, F_DUPFD_CLOEXEC, 0)) {
  if (socket_ < 0) throw std::system_error(errno, std::generic_category(), "watching a database connection");
  std::lock_guard lock(watch_.mutex_);
  watch_.lines_.push_back(this);
}

AnswerWatch::Line::~Line() {
  {
    std::lock_guard lock(watch_.mutex_);
    std::erase(watch_.lines_, this);
  }
  ::close(socket_);
}

void AnswerWatch::Line::expect_within(std::chrono::milliseconds limit) {
  auto until = Monotonic::now() + limit;
  std::lock_guard lock(watch_.mutex_);
  if (cut_) return;
  until_ = until;
  if (until >= watch_.next_look_) return;
  watch_.next_look_ = until;
  watch_.sooner_.notify_one();
}

void AnswerWatch::Line::at_rest() {
  std::lock_guard lock(watch_.mutex_);
  until_ = Instant::max();
}

bool AnswerWatch::Line::cut() const {
  std::lock_guard lock(watch_.mutex_);
  return cut_;
}

}  // namespace certfleet::store
