#include "admin-cli/nouns.h"

namespace certfleet::cli {

void add_nouns(Commands& commands) {
  add_service_commands(commands);
  add_node_commands(commands);
  add_access_commands(commands);
  add_ca_account_commands(commands);
  add_notification_commands(commands);
  add_group_commands(commands);
  add_site_commands(commands);
  add_settings_commands(commands);
  add_init_command(commands);
  add_system_commands(commands);
}

}  // namespace certfleet::cli
