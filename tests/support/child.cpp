#include "tests/support/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>

#include "lib/base/file.h"
#include "tests/support/eventually.h"

namespace certfleet::testing {

Child::Child(const std::string& program, const std::vector<std::string>& arguments,
             const std::filesystem::path& folder) {
  static std::atomic<int> count{0};
  errors_ = folder / (program + "." + std::to_string(count++) + ".log");
  std::string path = std::string(CERTFLEET_BIN) + "/" + program;
  std::vector<std::string> words = {program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ != 0) return;
  // Between fork and exec only what is safe there.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  int log = ::open(errors_.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
  ::dup2(log, STDERR_FILENO);
  ::execv(path.c_str(), argv.data());
  ::_exit(127);
}

Child::~Child() {
  if (code_) return;
  signal(SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Child::signal(int number) const {
  ::kill(pid_, number);
}

std::optional<int> Child::wait(std::chrono::milliseconds limit) {
  eventually(limit, [&] {
    int status = 0;
    if (code_ || ::waitpid(pid_, &status, WNOHANG) != pid_) return code_.has_value();
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return true;
  });
  return code_;
}

std::string Child::errors() const {
  return std::filesystem::exists(errors_) ? read_file(errors_) : std::string();
}

}  // namespace certfleet::testing
