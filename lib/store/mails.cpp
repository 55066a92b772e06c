#include "lib/store/mails.h"

#include <pqxx/pqxx>

#include "lib/store/jobs.h"
#include "lib/store/notifications.h"
#include "lib/store/times.h"

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
      event.request_no, event.error, not_after ? not_after->c_str() : nullptr);
  if (made.empty()) return false;
  jobs::enqueue(tx, {.kind = "mail.send",
                     .subject = made[0][0].as<std::int64_t>(),
                     .service = event.service,
                     .node = event.node,
                     .request_no = event.request_no});
  return true;
}

}  // namespace certfleet::store::mails
