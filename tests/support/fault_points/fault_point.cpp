// What a point does in a twin. In the folder that the environment's CERTFLEET_FAULTS names, each point that is
// armed has a folder with tickets: files NUMBER.ACTION. A passing takes the first ticket that is left by removing
// it, which of several processes only one can; it then tells so in the file `reached`, a line "POINT ACTION PID",
// and acts:
//   kill   ends the process, as nothing that it could catch
//   stop   freezes it until somebody sends SIGCONT
//   wait   holds the thread until somebody opens the fifo `gate` of the point's folder for writing
//   pass   goes on
// Without tickets a passing is one look at a folder.
#include "lib/base/fault_point.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace certfleet {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> tickets(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none))
    if (entry.path().filename() != "gate") found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

// One write, so that the lines of several processes don't mix.
void tell(const fs::path& folder, const std::string& line) {
  int fd = ::open((folder / "reached").c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0 || ::write(fd, line.data(), line.size()) < 0) std::abort();
  ::close(fd);
}

void act(const std::string& action, const fs::path& point) {
  if (action == "kill") ::kill(::getpid(), SIGKILL);
  if (action == "stop") ::kill(::getpid(), SIGSTOP);
  if (action == "wait") ::close(::open((point / "gate").c_str(), O_RDONLY | O_CLOEXEC));
}

}  // namespace

void fault_point(const char* name) {
  static const char* const armed = std::getenv("CERTFLEET_FAULTS");
  if (armed == nullptr) return;
  fs::path folder(armed);
  for (const auto& ticket : tickets(folder / name)) {
    if (::unlink(ticket.c_str()) != 0) continue;  // another one was faster
    auto action = ticket.extension().string().substr(1);
    tell(folder, std::string(name) + " " + action + " " + std::to_string(::getpid()) + "\n");
    return act(action, folder / name);
  }
}

}  // namespace certfleet
