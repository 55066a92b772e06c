#include "admin-cli/nouns.h"

namespace certfleet::cli {

void add_nouns(Commands& commands) {
  add_system_commands(commands);
}

}  // namespace certfleet::cli
