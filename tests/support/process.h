// Programs that a test starts. Each runs in a process group of its own and does not outlive the test: the
// destructor ends the whole group, and the kernel kills the program if the test itself is killed. What a
// program leaves in its group when it ends is killed too.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace certfleet::testing {

struct ProcessOptions {
  std::map<std::string, std::string> env;  // added to the test's own
  std::filesystem::path directory;         // working directory; empty: the test's
  std::string input;                       // standard input; empty: none (/dev/null)
  bool capture = true;                     // false: output goes where the test's goes
  std::chrono::milliseconds grace{5000};   // what the destructor leaves between SIGTERM and SIGKILL
};

class Process {
 public:
  // argv[0] is looked for in PATH. std::system_error if it can't be started.
  explicit Process(std::vector<std::string> argv, ProcessOptions options = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool running() const { return !exit_code().has_value(); }
  // 128 + the signal's number if a signal ended it; none while it runs.
  std::optional<int> exit_code() const;
  // Waits for the end; none if it still runs after `limit`.
  std::optional<int> wait(std::chrono::milliseconds limit) const;

  void signal(int number) const;        // to the program
  void signal_group(int number) const;  // to the program and what it started
  // SIGTERM to the program, and after the grace SIGKILL to its group; returns when it has ended.
  int stop();

  // What was captured so far. Complete once the program has ended.
  std::string out() const;
  std::string err() const;
  // True as soon as one of the two outputs holds a whole line that contains `part`; false if the program
  // ends or `limit` passes without.
  bool wait_for_line(std::string_view part, std::chrono::milliseconds limit) const;

 private:
  void own(std::vector<std::string> argv, int input, int out[2], int err[2]);
  void follow(int pidfd, int out, int err);
  void take(int& fd, std::string& into);

  ProcessOptions options_;
  pid_t pid_ = 0;
  int start_error_ = 0;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool started_ = false;
  std::string out_;
  std::string err_;
  std::optional<int> exit_code_;
  std::thread owner_;  // starts the program, reads its outputs, takes its end
};

struct Finished {
  int exit_code;
  std::string out;
  std::string err;
};

// Runs a program to its end. std::runtime_error if it takes longer than `limit`.
Finished run(std::vector<std::string> argv, ProcessOptions options = {},
             std::chrono::milliseconds limit = std::chrono::seconds(60));

}  // namespace certfleet::testing
