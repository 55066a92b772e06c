-- Who may do what. A new table or function needs its line here; the tests fail until it has one.
-- newcomer: has a one-time code only; stranger: an administrator of another installation on the same server;
-- nobody: some login of the server.
CREATE TABLE tap.everybody (place serial, who text);
INSERT INTO tap.everybody (who) VALUES
  ('admin.in@sql.test'), ('admin.out@sql.test'), ('viewer.in@sql.test'), ('viewer.out@sql.test'),
  ('certfleet_scheduler'), ('certfleet_broker'), ('certfleet_csr'), ('certfleet_order'), ('certfleet_apply'),
  ('certfleet_verify'), ('certfleet_mail'), ('newcomer@sql.test'), ('stranger@sql.test'), ('nobody@sql.test');

-- Of a row of the group red, in which admin.in and viewer.in are, or of a table that belongs to no group:
-- s sees it, i may insert one like it, u changes it, d removes it (tap.probe).
-- table                admin        viewer                                                             new-  stran-
--                      in    out    in    out   sched brokr csr   order apply verif mail  comer ger   nobody
CREATE TABLE tap.tables AS SELECT words[1] AS name, words[2:] AS may FROM (
  SELECT regexp_split_to_array(trim(line), ' +') AS words FROM regexp_split_to_table(trim($table$
access                  siud  siud  s     s     -     -     -     -     su    -     -     -     -     -
acme_challenge          s     -     s     -     -     -     -     siud  -     -     -     -     -     -
app_user                su    su    s     s     -     -     -     -     -     -     -     -     -     -
applicant               siud  siud  s     s     -     -     -     s     -     -     -     -     -     -
apply                   siu   -     s     -     siu   -     -     -     su    -     -     -     -     -
audit                   s     -     -     -     -     -     -     -     -     -     -     -     -     -
ca_account              siud  siud  s     s     -     -     -     su    -     -     -     -     -     -
ca_order                siu   -     s     -     siu   -     su    su    -     -     -     -     -     -
certificate             s     -     s     -     s     -     -     siud  s     su    -     -     -     -
company                 su    su    s     s     -     -     -     -     -     -     -     -     -     -
csr                     sid   -     s     -     s     -     si    s     -     -     -     -     -     -
daemon                  s     s     s     s     siud  siud  -     -     -     -     -     -     -     -
ev_approver             siud  siud  s     s     -     -     -     s     -     -     -     -     -     -
group_member            siud  siud  s     s     -     -     -     -     -     -     -     -     -     -
job                     si    -     s     -     siud  -     siud  siud  siud  siud  siud  -     -     -
job_dead                s     -     s     -     si    -     si    si    si    si    si    -     -     -
job_history             s     -     s     -     si    -     si    si    si    si    si    -     -     -
job_limit               s     s     s     s     s     -     s     s     s     s     s     -     -     -
key_pair                s     -     s     -     -     -     si    sd    su    -     -     -     -     -
key_spec                siud  -     s     -     s     -     s     s     s     s     s     -     -     -
mail                    si    -     s     -     si    -     si    si    si    si    siu   -     -     -
mail_settings           siud  siud  s     s     -     -     -     -     -     -     su    -     -     -
node                    siud  -     s     -     su    -     -     -     su    su    s     -     -     -
notification_recipient  siud  siud  s     s     s     -     s     s     s     s     s     -     -     -
notification_table      siud  siud  s     s     s     -     s     s     s     s     s     -     -     -
organization            siud  siud  s     s     -     -     -     s     -     -     -     -     -     -
peer                    siu   siu   s     s     s     s     -     -     -     -     -     -     -     -
schedule                su    su    s     s     su    -     -     -     -     -     -     -     -     -
schema_version          s     s     s     s     s     s     s     s     s     s     s     -     s     -
sealing_key             s     s     s     s     -     -     s     s     s     -     s     -     -     -
service                 siud  -     s     -     s     -     s     s     s     s     s     -     -     -
session                 s     s     s     s     siud  -     siud  siud  siud  siud  siud  -     -     -
settings                su    su    s     s     s     s     s     s     s     s     s     -     -     -
site                    siud  siud  s     s     s     -     s     s     s     s     s     -     -     -
trace                   s     -     s     -     i     i     i     i     i     i     si    -     -     -
user_group              siud  siud  s     s     s     -     s     s     s     s     s     -     -     -
$table$, E'\n'), E'\n') AS line) lines;

-- Who may call it: a admins, v viewers, n newcomers, s the scheduler, b brokers, w workers.
CREATE TABLE tap.functions AS SELECT words[1] AS name, words[2] AS may FROM (
  SELECT regexp_split_to_array(trim(line), ' +') AS words FROM regexp_split_to_table(trim($table$
activate_sealing_key      a
add_user                  a
apply_by_person           -
audit_jobs                -
audit_subject             -
by_own_hand               avsbw
cancel_jobs               a
change_password           avn
csr_by_person             -
end_sessions              -
ensure_partitions         s
failed_logins             a
forget_what_was_served    -
front_now                 -
front_of                  -
front_sequence            -
give_traces_to_group      -
grams                     asw
ids_with_part             av
is_admin                  av
is_owner                  -
is_person                 av
job_of_person             a
keep_keys_at_their_address -
keep_password_at_its_server -
keep_service_expiry       -
keep_service_order_state  -
first_ready               sw
forget_limit              -
forget_sessions           s
keep_access_fit           -
keep_windows_key_alone    -
limit_key_of              asw
limit_room                -
lock_users                -
lost_jobs                 s
mail_by_person            -
make_ready                -
may_change_service        -
move_front                -
my_groups                 av
next_lane                 sw
node_by_person            -
offer_sealing_key         a
order_by_person           -
promote                   asw
raise_revision            -
raise_revision_of_owner   -
ready_by_turns            sw
ready_of_priority         sw
refuse_longer             -
refuse_person             -
refuse_retired_key        -
remove_user               a
require_admin             -
require_admin_by_trigger  -
require_another_admin     -
require_code_time         -
require_my_node           -
require_my_service        -
require_user              -
require_user_name         -
require_verifier          -
require_sealing_keys      -
reset_user                a
retire_sealing_key        a
retry_jobs                a
sealed_boxes              a
sealed_columns            avsbw
sealing_turn              -
set_front                 -
set_job_limit             a
set_membership            -
set_user                  a
state                     avsw
take_group_of_node        -
take_group_of_service     -
who_am_i                  avn
without_secrets           -
write_audit               -
write_schedule_audit      -
$table$, E'\n'), E'\n') AS line) lines;
GRANT SELECT ON tap.everybody, tap.tables, tap.functions TO PUBLIC;
