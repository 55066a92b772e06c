// A node behind SSH, with its execution id (manual 9.1.6): scripts run as the login itself, or through sudo
// or su as the execution id. The password that these ask for goes through standard input and nowhere else.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "workers/apply/remote.h"
#include "workers/apply/script_line.h"
#include "workers/apply/ssh_session.h"

namespace certfleet::apply {

// Who runs the commands. The password is the execution id's for su, and what sudo asks for: views, as in
// SshLogin.
struct Execution {
  std::string user;
  std::optional<std::string_view> password;
};

class SshRemote final : public Remote {
 public:
  // Logs in, and finds out how to become the execution id: sudo if the node lets us, else su.
  // Failures as of SshSession; Failure(denied) 1811 if neither works. The views in both arguments must live
  // as long as this object.
  SshRemote(const SshLogin& login, std::optional<Execution> execution, const Budget& budget);

  Reply run(const Script& script, const std::vector<std::string>& args, std::string_view input,
            const Budget& budget) override;

 private:
  std::string find_elevation(const Budget& budget);
  bool works(Elevation elevation, std::string& complaint, const Budget& budget);

  SshSession session_;
  std::optional<Execution> execution_;
  Elevation elevation_ = Elevation::none;
};

}  // namespace certfleet::apply
