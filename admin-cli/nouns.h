// Every noun and verb of the command; a file for each.
#pragma once

namespace certfleet::cli {

class Commands;

void add_nouns(Commands& commands);

void add_init_command(Commands& commands);
void add_dev_command(Commands& commands);
void add_system_commands(Commands& commands);  // version, migrate
void add_company_commands(Commands& commands);
void add_site_commands(Commands& commands);
void add_group_commands(Commands& commands);
void add_settings_commands(Commands& commands);
void add_schedule_commands(Commands& commands);
void add_ca_account_commands(Commands& commands);
void add_organization_commands(Commands& commands);
void add_applicant_commands(Commands& commands);  // applicant and ev-approver
void add_service_commands(Commands& commands);
void add_access_commands(Commands& commands);
void add_host_key_command(Commands& commands);  // access host-key
void add_node_commands(Commands& commands);
void add_notification_commands(Commands& commands);
void add_apply_command(Commands& commands);  // node apply
void add_order_commands(Commands& commands);
void add_job_commands(Commands& commands);
void add_job_action_commands(Commands& commands);  // job cancel, retry, explain
void add_limit_commands(Commands& commands);
void add_keys_commands(Commands& commands);
void add_sealing_key_commands(Commands& commands);
void add_mail_commands(Commands& commands);
void add_dashboard_command(Commands& commands);
void add_status_command(Commands& commands);
void add_log_command(Commands& commands);
void add_doctor_command(Commands& commands);

}  // namespace certfleet::cli
