// What a node is to the installation of a certificate: something that runs scripts. SshRemote is the real
// one; tests put theirs before it to cut the line at any command.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"

namespace certfleet::apply {

// How long a call may take, and who may end it before.
struct Budget {
  Deadline deadline;
  std::stop_token stop;
};

// A POSIX shell script and its name, which it sees as $0. Values go in as $1, $2 … and never into the text.
struct Script {
  std::string_view name;
  std::string_view text;
};

struct Reply {
  int exit = 0;  // the script's exit code; -1: it was killed
  std::string out;
  std::string err;
};

class Remote {
 public:
  virtual ~Remote() = default;

  // Runs the script as the user that may change the node's files, with `input` as its standard input: the
  // only way for a secret. Failure(unreachable) if the connection is lost, Failure(retry) 1810 when the time
  // is over: in both cases the script may go on running on the node, or never have started.
  virtual Reply run(const Script& script, const std::vector<std::string>& args, std::string_view input,
                    const Budget& budget) = 0;
};

}  // namespace certfleet::apply
