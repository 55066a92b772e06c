// Which host keys an SSH server offers: what a person compares with what the server's owner says before it is
// pinned. Nothing is logged in to.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "lib/base/clock.h"

namespace certfleet::net {

struct SshHostKey {
  std::string type;         // "ssh-ed25519", as ssh-keygen names it
  std::string fingerprint;  // "SHA256:…", as ssh-keygen -lf shows it
};

// One of each type that it has, the one that it offers first before all others. A name is resolved by the system,
// whose limits hold for that. Failure(unreachable) if there is no connection, no SSH server or no answer until the
// deadline.
std::vector<SshHostKey> ssh_host_keys(const std::string& host, int port, Deadline deadline, std::stop_token stop = {});

}  // namespace certfleet::net
