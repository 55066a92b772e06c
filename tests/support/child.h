// A program of ours run as a child process, its standard error kept for the test. Killed when the test
// forgets it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace certfleet::testing {

class Child {
 public:
  // `program` of CERTFLEET_BIN; what it writes goes to files in `folder`.
  Child(const std::string& program, const std::vector<std::string>& arguments,
        const std::filesystem::path& folder);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void signal(int number) const;
  // The exit code, 128 + n after signal n; none if it still runs at the end of `limit`.
  std::optional<int> wait(std::chrono::milliseconds limit);
  std::string errors() const;  // what it has written to standard error so far

 private:
  std::filesystem::path errors_;
  pid_t pid_ = -1;
  std::optional<int> code_;
};

}  // namespace certfleet::testing
