// A node that is this machine: scripts run by /bin/sh with a PATH of the test's choice.
#pragma once

#include <string>

#include "tests/support/process.h"
#include "workers/apply/remote.h"
#include "workers/apply/script_line.h"

namespace certfleet::apply {

// A script was killed, and with it the attempt: no Failure, so that nothing catches it on the way.
struct Killed {};

class LocalRemote final : public Remote {
 public:
  explicit LocalRemote(testing::ProcessOptions options) : options_(std::move(options)) {}

  Reply run(const Script& script, const std::vector<std::string>& args, std::string_view input,
            const Budget&) override {
    auto options = options_;
    options.input = std::string(input_mark) + "\n" + std::string(input);
    auto ended = testing::run(
        {"/bin/sh", "-c", "exec " + script_line(script, args, Elevation::none, "", false)}, options);
    if (ended.exit_code >= 128) throw Killed();
    return {ended.exit_code, ended.out, ended.err};
  }

 private:
  testing::ProcessOptions options_;
};

}  // namespace certfleet::apply
