#include <algorithm>
#include <cstdio>
#include <string>

#include "admin-cli/commands.h"
#include "admin-cli/context.h"
#include "admin-cli/nouns.h"
#include "admin-cli/width.h"
#include "lib/base/daemon.h"

namespace {

// What went wrong may be told in the words of a node, a CA or a server that nobody trusts: they don't reach the
// terminal as anything but text.
void complain(std::string_view text) {
  std::fputs("certfleet: ", stderr);
  while (!text.empty()) {
    auto end = std::min(text.find('\n'), text.size());
    std::fprintf(stderr, "%s\n", certfleet::cli::printable(text.substr(0, end)).c_str());
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

int main(int argc, char** argv) {
  using namespace certfleet;
  forbid_core_files();
  cli::Context context(cli::language_of(argc, argv));
  try {
    cli::Commands commands(context);
    cli::add_nouns(commands);
    commands.run(argc, argv);
    context.out().flush();
    return 0;
  } catch (const Failure& failure) {
    std::fflush(stdout);
    complain(failure.text().in(context.language()));
    return static_cast<int>(exit_code(failure));
  } catch (const std::exception& error) {
    complain(std::string("unexpected: ") + error.what());
    return static_cast<int>(Exit::failed);
  }
}
