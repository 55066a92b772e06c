// The real sshd of tests/parts, as the apply worker sees it.
#pragma once

#include <optional>
#include <string>

#include "tests/support/part.h"
#include "workers/apply/ssh_remote.h"

namespace certfleet::apply {

class SshNode {
 public:
  SshNode();

  bool is_root() const { return part_.env().contains("SSH_PASSWORD"); }
  testing::Part& part() { return part_; }
  std::string log() const;

  // The views in these live as long as this object.
  SshLogin login() const;           // by key
  SshLogin password_login() const;  // as root's test only
  const std::string& password() const { return password_; }
  const std::string& root_password() const { return root_password_; }

 private:
  testing::Part part_;
  std::string key_;
  std::string password_;
  std::string root_password_;
};

}  // namespace certfleet::apply
