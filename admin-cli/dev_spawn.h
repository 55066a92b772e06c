// Starting one child process.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "admin-cli/dev_children.h"

namespace certfleet::cli {

using User = std::pair<uid_t, gid_t>;

// Starts the program in a process group of its own (a Ctrl-C is for us alone), with standard output and error
// in `lines_fd` and NOTIFY_SOCKET set. The kernel sends it its stop signal if this thread dies.
// Failure(permanent) naming the program.
pid_t spawn(const ChildSpec& spec, const std::string& notify_socket, int& lines_fd);

// Runs a program to its end. Failure(permanent) with its last line if it fails.
void run_to_end(const std::vector<std::string>& argv, const std::optional<User>& user);

// Whether that user may go into the folder and what leads to it.
bool can_enter(const std::optional<User>& user, const std::string& folder);

}  // namespace certfleet::cli
