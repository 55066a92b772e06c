#include "admin-cli/dev_spawn.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lib/base/error.h"

extern char** environ;

namespace certfleet::cli {
namespace {

// What the child needs after the fork, made before it: there, memory must not be allocated.
struct Prepared {
  std::vector<char*> argv;
  std::vector<std::string> environment;
  std::vector<char*> envp;

  Prepared(const std::vector<std::string>& words, const std::string& notify_socket) {
    for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    for (char** entry = environ; *entry != nullptr; ++entry)
      if (!std::string_view(*entry).starts_with("NOTIFY_SOCKET=")) environment.emplace_back(*entry);
    if (!notify_socket.empty()) environment.push_back("NOTIFY_SOCKET=" + notify_socket);
    for (auto& entry : environment) envp.push_back(entry.data());
    envp.push_back(nullptr);
  }
};

bool become(const std::optional<User>& user) {
  if (!user) return true;
  return ::setgroups(0, nullptr) == 0 && ::setgid(user->second) == 0 && ::setuid(user->first) == 0;
}

[[noreturn]] void child_main(const Prepared& prepared, const std::optional<User>& user, int output,
                             int death_signal, pid_t parent) {
  ::setpgid(0, 0);
  if (!become(user)) ::_exit(126);
  // After the change of user, which clears it; the parent may be gone already.
  ::prctl(PR_SET_PDEATHSIG, death_signal);
  if (::getppid() != parent) ::_exit(126);
  int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(number, SIG_DFL);
  ::execve(prepared.argv[0], prepared.argv.data(), prepared.envp.data());
  ::_exit(127);
}

pid_t launch(const std::vector<std::string>& argv, const std::optional<User>& user, int death_signal,
             const std::string& notify_socket, int& lines_fd) {
  if (::access(argv.front().c_str(), X_OK) != 0)
    throw Failure(Fault::permanent, fmt::format("{}: {}", argv.front(), std::strerror(errno)));
  Prepared prepared(argv, notify_socket);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw Failure(Fault::permanent, fmt::format("pipe: {}", std::strerror(errno)));
  auto parent = ::getpid();
  auto pid = ::fork();
  if (pid == 0) child_main(prepared, user, ends[1], death_signal, parent);
  ::close(ends[1]);
  if (pid < 0) {
    ::close(ends[0]);
    throw Failure(Fault::permanent, fmt::format("{}: {}", argv.front(), std::strerror(errno)));
  }
  lines_fd = ends[0];
  return pid;
}

}  // namespace

pid_t spawn(const ChildSpec& spec, const std::string& notify_socket, int& lines_fd) {
  auto pid = launch(spec.argv, spec.user, spec.stop_signal, notify_socket, lines_fd);
  ::fcntl(lines_fd, F_SETFL, O_NONBLOCK);
  return pid;
}

void run_to_end(const std::vector<std::string>& argv, const std::optional<User>& user) {
  int lines_fd = -1;
  auto pid = launch(argv, user, SIGKILL, "", lines_fd);
  std::string output;
  char buffer[4096];
  for (ssize_t got; (got = ::read(lines_fd, buffer, sizeof buffer)) != 0;) {
    if (got > 0)
      output.append(buffer, static_cast<std::size_t>(got));
    else if (errno != EINTR)
      break;
  }
  ::close(lines_fd);
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  while (!output.empty() && output.back() == '\n') output.pop_back();
  throw Failure(Fault::permanent,
                fmt::format("{} failed: {}", argv.front(), output.substr(output.rfind('\n') + 1)));
}

bool can_enter(const std::optional<User>& user, const std::string& folder) {
  auto pid = ::fork();
  if (pid == 0) ::_exit(become(user) && ::access(folder.c_str(), X_OK) == 0 ? 0 : 1);
  int status = 0;
  return pid > 0 && ::waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace certfleet::cli
