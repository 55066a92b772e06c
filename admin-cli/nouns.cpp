#include "admin-cli/nouns.h"

namespace certfleet::cli {

void add_nouns(Commands& commands) {
  add_dashboard_command(commands);
  add_status_command(commands);
  add_log_command(commands);
  add_doctor_command(commands);
  add_service_commands(commands);
  add_order_commands(commands);
  add_node_commands(commands);
  add_apply_command(commands);
  add_access_commands(commands);
  add_ca_account_commands(commands);
  add_organization_commands(commands);
  add_applicant_commands(commands);
  add_notification_commands(commands);
  add_mail_commands(commands);
  add_group_commands(commands);
  add_company_commands(commands);
  add_site_commands(commands);
  add_job_commands(commands);
  add_limit_commands(commands);
  add_keys_commands(commands);
  add_sealing_key_commands(commands);
  add_settings_commands(commands);
  add_schedule_commands(commands);
  add_init_command(commands);
  add_dev_command(commands);
  add_system_commands(commands);
}

}  // namespace certfleet::cli
