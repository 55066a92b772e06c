#include "tests/support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

extern char** environ;

namespace certfleet::testing {
namespace {

// The input as a file in memory: no thread has to feed it.
int input_fd(const std::string& text) {
  if (text.empty()) return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  int fd = ::memfd_create("input", MFD_CLOEXEC);
  for (std::size_t at = 0; at < text.size();) {
    auto written = ::write(fd, text.data() + at, text.size() - at);
    if (written < 0) throw std::system_error(errno, std::generic_category(), "input of a program");
    at += static_cast<std::size_t>(written);
  }
  ::lseek(fd, 0, SEEK_SET);
  return fd;
}

std::vector<std::string> environment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> all;
  for (char** at = environ; *at != nullptr; ++at) {
    std::string line = *at;
    if (added.count(line.substr(0, line.find('='))) == 0) all.push_back(line);
  }
  for (const auto& [name, value] : added) all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (auto& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

bool has_line(const std::string& text, std::string_view part) {
  auto found = text.find(part);
  return found != std::string::npos && text.find('\n', found) != std::string::npos;
}

void close_if_open(int fd) {
  if (fd >= 0) ::close(fd);
}

}  // namespace

Process::Process(std::vector<std::string> argv, ProcessOptions options) : options_(std::move(options)) {
  std::string name = argv.at(0);
  int out[2] = {-1, -1};
  int err[2] = {-1, -1};
  if (options_.capture && (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0)) {
    throw std::system_error(errno, std::generic_category(), "pipe");
  }
  int input = input_fd(options_.input);
  owner_ = std::thread([&] { own(std::move(argv), input, out, err); });
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return started_; });
  if (start_error_ != 0) {
    lock.unlock();
    owner_.join();
    throw std::system_error(start_error_, std::generic_category(), name);
  }
}

// The thread that forks must live as long as the program: PR_SET_PDEATHSIG counts from that thread's death.
void Process::own(std::vector<std::string> argv, int input, int out[2], int err[2]) {
  auto env = environment(options_.env);
  auto argv_pointers = pointers(argv);
  auto env_pointers = pointers(env);
  std::string directory = options_.directory;
  int failed[2];
  if (::pipe2(failed, O_CLOEXEC) != 0) failed[0] = failed[1] = -1;
  pid_t parent = ::getpid();
  pid_t pid = ::fork();
  if (pid == 0) {  // only calls that are safe after a fork in a program with threads
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    ::dup2(input, 0);
    if (out[1] >= 0) ::dup2(out[1], 1);
    if (err[1] >= 0) ::dup2(err[1], 2);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (directory.empty() || ::chdir(directory.c_str()) == 0) {
      ::execvpe(argv_pointers[0], argv_pointers.data(), env_pointers.data());
    }
    int error = errno;
    [[maybe_unused]] auto written = ::write(failed[1], &error, sizeof error);
    ::_exit(127);
  }
  int error = pid < 0 ? errno : 0;
  if (pid > 0) ::setpgid(pid, pid);  // also here: the caller may signal the group before the child ran
  close_if_open(input);
  close_if_open(out[1]);
  close_if_open(err[1]);
  close_if_open(failed[1]);
  if (pid > 0 && ::read(failed[0], &error, sizeof error) > 0) ::waitpid(pid, nullptr, 0);
  close_if_open(failed[0]);
  int out_fd = out[0];
  int err_fd = err[0];
  {
    std::lock_guard lock(mutex_);
    pid_ = pid;
    start_error_ = error;
    started_ = true;
    changed_.notify_all();
  }
  if (error != 0) {
    close_if_open(out_fd);
    close_if_open(err_fd);
    return;
  }
  // glibc 2.36 declares pidfd_open without extern "C".
  follow(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)), out_fd, err_fd);
}

void Process::take(int& fd, std::string& into) {
  std::array<char, 8192> buffer{};
  auto got = ::read(fd, buffer.data(), buffer.size());
  if (got > 0) {
    std::lock_guard lock(mutex_);
    into.append(buffer.data(), static_cast<std::size_t>(got));
    changed_.notify_all();
  } else if (got == 0 || errno != EINTR) {
    ::close(fd);
    fd = -1;
  }
}

void Process::follow(int pidfd, int out, int err) {
  bool ended = false;
  while (!ended || out >= 0 || err >= 0) {
    std::array<pollfd, 3> fds = {pollfd{ended ? -1 : pidfd, POLLIN, 0}, pollfd{out, POLLIN, 0},
                                 pollfd{err, POLLIN, 0}};
    // After the end only what is already in the pipes: something it started may hold them open.
    if (::poll(fds.data(), fds.size(), ended ? 0 : -1) == 0) break;
    if (fds[1].revents != 0) take(out, out_);
    if (fds[2].revents != 0) take(err, err_);
    ended = ended || fds[0].revents != 0;
  }
  close_if_open(out);
  close_if_open(err);
  close_if_open(pidfd);
  ::kill(-pid_, SIGKILL);  // what it left in its group; the number is ours until it is waited for
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  std::lock_guard lock(mutex_);
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  changed_.notify_all();
}

Process::~Process() {
  if (running()) stop();
  owner_.join();
}

int Process::stop() {
  signal(SIGTERM);
  if (!wait(options_.grace)) signal_group(SIGKILL);
  return wait(std::chrono::minutes(1)).value();
}

void Process::signal(int number) const {
  std::lock_guard lock(mutex_);
  if (!exit_code_) ::kill(pid_, number);
}

void Process::signal_group(int number) const {
  std::lock_guard lock(mutex_);
  if (!exit_code_) ::kill(-pid_, number);
}

std::optional<int> Process::exit_code() const {
  std::lock_guard lock(mutex_);
  return exit_code_;
}

std::optional<int> Process::wait(std::chrono::milliseconds limit) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, limit, [&] { return exit_code_.has_value(); });
  return exit_code_;
}

std::string Process::out() const {
  std::lock_guard lock(mutex_);
  return out_;
}

std::string Process::err() const {
  std::lock_guard lock(mutex_);
  return err_;
}

bool Process::wait_for_line(std::string_view part, std::chrono::milliseconds limit) const {
  std::unique_lock lock(mutex_);
  auto seen = [&] { return has_line(out_, part) || has_line(err_, part); };
  changed_.wait_for(lock, limit, [&] { return seen() || exit_code_.has_value(); });
  return seen();
}

Finished run(std::vector<std::string> argv, ProcessOptions options, std::chrono::milliseconds limit) {
  std::string name = argv.at(0);
  Process process(std::move(argv), std::move(options));
  auto code = process.wait(limit);
  if (!code) throw std::runtime_error(name + " still runs; it said: " + process.out() + process.err());
  return {*code, process.out(), process.err()};
}

}  // namespace certfleet::testing
