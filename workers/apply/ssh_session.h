// One SSH connection to a node, over libssh. Owned by one thread. Nothing of the user's own SSH configuration
// is read: what counts is the access.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "workers/apply/remote.h"

namespace certfleet::apply {

// Who logs in where. The secrets are views: their owner keeps them alive for as long as the session is
// opened.
struct SshLogin {
  std::string address;
  int port = 22;
  std::string user;
  std::string host_key;                      // the pinned "SHA256:…", as ssh-keygen -l prints it
  std::optional<std::string_view> password;  // by the method password, or keyboard-interactive
  std::optional<std::string_view>
      key;  // a private key in PEM or OpenSSH form, without passphrase; tried first
};

class SshSession {
 public:
  // Connects, checks the host key and only then logs in.
  //   Failure(denied) 1824: no host key is set          Failure(denied) 1823: the node has another one
  //   Failure(denied) 1811: the login was refused       Failure(usage) 1811: the private key can't be read
  //   Failure(unreachable) 1825: no connection          Failure(retry) 1810: no answer in time
  SshSession(const SshLogin& login, const Budget& budget);
  ~SshSession();
  SshSession(const SshSession&) = delete;
  SshSession& operator=(const SshSession&) = delete;

  // Runs one command line in the login's shell and waits for its end. Output beyond 256 KiB of a stream is
  // dropped. Failures as of Remote::run.
  Reply execute(const std::string& line, std::string_view input, const Budget& budget);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace certfleet::apply
