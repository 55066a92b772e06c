#include "admin-cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace certfleet::cli {

namespace {

Terminal of(int fd) {
  Terminal terminal;
  if (::isatty(fd) == 0) return terminal;
  winsize size{};
  terminal.width = ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  const char* no_colour = std::getenv("NO_COLOR");
  const char* kind = std::getenv("TERM");
  terminal.colour =
      (no_colour == nullptr || *no_colour == '\0') && kind != nullptr && std::string_view(kind) != "dumb";
  return terminal;
}

}  // namespace

Terminal Terminal::of_output() {
  return of(STDOUT_FILENO);
}
Terminal Terminal::of_errors() {
  return of(STDERR_FILENO);
}

}  // namespace certfleet::cli
