// A real server that a test starts for itself: PostgreSQL, pebble, sshd, Apache, Postfix. The programs in
// tests/parts/ say what each offers; each puts everything in one folder and listens on free loopback ports.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace certfleet::testing {

class Part {
 public:
  // Starts tests/parts/NAME and returns when it answers. `env` are its settings (see its first lines).
  // std::runtime_error with what the part said if it does not come up within a minute.
  explicit Part(const std::string& name, std::map<std::string, std::string> env = {});

  // Set if this part can't run here (it needs root): the test then says so by GTEST_SKIP() << *reason.
  const std::optional<std::string>& skip_reason() const { return skip_reason_; }

  // What the part offers: env("PEBBLE_DIRECTORY"). std::out_of_range naming the key if it does not.
  const std::string& env(const std::string& key) const;
  const std::map<std::string, std::string>& env() const { return env_; }
  const std::filesystem::path& dir() const { return dir_.path(); }
  Process& process() { return *process_; }

 private:
  std::string name_;
  TempDir dir_;
  std::map<std::string, std::string> env_;
  std::optional<std::string> skip_reason_;
  std::unique_ptr<Process> process_;
};

}  // namespace certfleet::testing
