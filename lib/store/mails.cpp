#include "lib/store/mails.h"

#include <fmt/format.h>

#include <pqxx/pqxx>

#include "lib/base/error.h"
#include "lib/store/jobs.h"
#include "lib/store/notifications.h"
#include "lib/store/times.h"
#include "lib/store/words.h"

namespace certfleet::store::mails {

bool emit(Tx& tx, const Event& event) {
  auto table = notifications::of_service(tx, event.service);
  if (!table || !domain::wants(*table, event.event) || (table->to.empty() && table->cc.empty())) return false;
  std::optional<std::string> not_after;
  if (event.not_after) not_after = timestamp(*event.not_after);
  auto made = tx.raw().exec_params(
      "INSERT INTO mail (message_id, event, event_key, notification_id, service_id, node_id, request_no, error,"
      " not_after) VALUES ('<' || gen_random_uuid() || '@certfleet>', $1, nullif($2, ''), $3, $4,"
      " nullif($5::bigint, 0), $6, nullif($7, ''), $8::timestamptz) ON CONFLICT (event_key) DO NOTHING RETURNING id",
      std::string(to_string(event.event)), event.key, table->id.value(), event.service.value(), event.node.value(),
      event.request_no, words(event.error), not_after ? not_after->c_str() : nullptr);
  if (made.empty()) return false;
  jobs::enqueue(tx, {.kind = "mail.send",
                     .subject = made[0][0].as<std::int64_t>(),
                     .service = event.service,
                     .node = event.node,
                     .request_no = event.request_no});
  return true;
}

int request_test(Tx& tx, NotificationId table) {
  int request_no = tx.raw().exec1("SELECT nextval('request_no')")[0].as<int>();
  jobs::enqueue_by_person(tx, {.kind = "mail.test",
                               .subject = table.value(),
                               .priority = domain::Priority::person,
                               .request_no = request_no});
  return request_no;
}

Mail get(Tx& tx, MailId id) {
  auto rows = tx.raw().exec_params(
      "SELECT m.message_id, m.event, m.notification_id, s.name, n.name, t.name, m.request_no, m.error,"
      " extract(epoch FROM m.not_after), extract(epoch FROM m.created_at), m.sent_at IS NOT NULL,"
      " m.service_id, coalesce(m.node_id, 0), n.kind"
      " FROM mail m JOIN service s ON s.id = m.service_id LEFT JOIN node n ON n.id = m.node_id"
      " LEFT JOIN site t ON t.id = n.site_id WHERE m.id = $1",
      id.value());
  if (rows.empty()) throw Failure(Fault::not_found, Text{"メール {} はありません", "there is no mail {}"}, id.value());
  const auto row = rows[0];
  Mail mail;
  mail.id = id;
  mail.message_id = row[0].c_str();
  auto event = domain::mail_event_from(row[1].c_str());
  if (!event)
    throw Failure(Fault::permanent,
                  Text{"メール {} のイベント {} は不明です", "mail {} is of an unknown event {}"}, id.value(),
                  row[1].c_str());
  mail.event = *event;
  mail.table = notifications::get(tx, NotificationId(row[2].as<std::int64_t>()));
  mail.service = row[3].c_str();
  mail.node = row[4].as<std::string>("");
  mail.site = row[5].as<std::string>("");
  mail.request_no = row[6].as<int>();
  mail.error = row[7].as<std::string>("");
  if (!row[8].is_null()) mail.not_after = wall_time(row[8].as<double>());
  mail.created_at = wall_time(row[9].as<double>());
  mail.sent = row[10].as<bool>();
  mail.service_id = ServiceId(row[11].as<std::int64_t>());
  mail.node_id = NodeId(row[12].as<std::int64_t>());
  mail.node_kind = row[13].as<std::string>("");
  return mail;
}

void record_sent(Tx& tx, MailId id) {
  tx.raw().exec_params("UPDATE mail SET sent_at = now() WHERE id = $1 AND sent_at IS NULL", id.value());
}

}  // namespace certfleet::store::mails
