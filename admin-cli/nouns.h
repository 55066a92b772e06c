// Every noun and verb of the command; a file for each.
#pragma once

namespace certfleet::cli {

class Commands;

void add_nouns(Commands& commands);

void add_init_command(Commands& commands);         // init
void add_system_commands(Commands& commands);      // migrate, version, status
}  // namespace certfleet::cli
