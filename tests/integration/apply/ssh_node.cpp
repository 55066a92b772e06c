#include "tests/integration/apply/ssh_node.h"

#include <csignal>

#include "lib/base/file.h"

namespace certfleet::apply {
namespace {

std::string line_of(const std::string& file) {
  auto text = read_file(file);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

SshNode::SshNode() : part_("sshd"), key_(read_file(part_.env("SSH_KEY"))) {
  std::signal(SIGPIPE, SIG_IGN);  // as in every daemon: a peer that goes away is an error of its socket
  if (!is_root()) return;
  password_ = line_of(part_.env("SSH_PASSWORD"));
  root_password_ = line_of(part_.env("SSH_ROOT_PASSWORD"));
}

std::string SshNode::log() const {
  return read_file(part_.env("SSH_LOG"));
}

SshLogin SshNode::login() const {
  SshLogin login;
  login.address = "127.0.0.1";
  login.port = std::stoi(part_.env("SSH_PORT"));
  login.user = part_.env("SSH_USER");
  login.host_key = part_.env("SSH_HOST_FINGERPRINT");
  login.key = key_;
  return login;
}

SshLogin SshNode::password_login() const {
  auto by_password = login();
  by_password.key.reset();
  by_password.password = password_;
  return by_password;
}

}  // namespace certfleet::apply
