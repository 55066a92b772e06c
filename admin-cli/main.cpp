#include <cstdio>

#include "admin-cli/commands.h"
#include "admin-cli/context.h"
#include "admin-cli/nouns.h"
#include "lib/base/daemon.h"

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
    std::fprintf(stderr, "certfleet: %s\n", failure.text().in(context.language()).c_str());
    return static_cast<int>(exit_code(failure));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "certfleet: unexpected: %s\n", error.what());
    return static_cast<int>(Exit::failed);
  }
}
