#include "tests/support/part.h"

#include <chrono>
#include <fstream>
#include <stdexcept>

namespace certfleet::testing {
namespace {

constexpr int kNeedsRoot = 77;

// Lines KEY='value' (tests/parts/lib.sh, offer).
std::map<std::string, std::string> read_env(const std::filesystem::path& file) {
  std::map<std::string, std::string> all;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    auto equals = line.find("='");
    if (equals != std::string::npos && line.back() == '\'') {
      all[line.substr(0, equals)] = line.substr(equals + 2, line.size() - equals - 3);
    }
  }
  return all;
}

}  // namespace

Part::Part(const std::string& name, std::map<std::string, std::string> env) : name_(name), dir_(name) {
  using std::chrono::seconds;
  ProcessOptions options;
  options.env = std::move(env);
  options.grace = seconds(20);  // a server stops its own children first
  process_ = std::make_unique<Process>(
      std::vector<std::string>{CERTFLEET_SOURCE "/tests/parts/" + name, dir_.path()}, std::move(options));
  if (process_->wait_for_line("ready", seconds(60))) {
    env_ = read_env(dir_ / "env");
  } else if (process_->wait(seconds(0)) == kNeedsRoot) {
    skip_reason_ = process_->err();
  } else {
    throw std::runtime_error("part " + name + " does not come up: " + process_->err());
  }
}

const std::string& Part::env(const std::string& key) const {
  auto found = env_.find(key);
  if (found == env_.end()) throw std::out_of_range("part " + name_ + " offers no " + key);
  return found->second;
}

}  // namespace certfleet::testing
