// Mails to be sent: the durable intent with its stable Message-ID, made in the transaction of the event.
#pragma once

#include <optional>
#include <string>

#include "lib/base/clock.h"
#include "lib/domain/mail_event.h"
#include "lib/store/transaction.h"

namespace certfleet::store::mails {

// What happened, to whom.
struct Event {
  domain::MailEvent event = domain::MailEvent::order_started;
  ServiceId service;
  NodeId node{};       // of apply events
  int request_no = 0;  // the traces of this request go into the mail after an apply
  std::string error{};                    // of events that report a failure: one line
  std::optional<WallTime> not_after{};    // of expiry events
  // One mail for one key, for ever: "expiry_30:CERTIFICATE". Empty: no limit.
  std::string key{};
};

// Makes the mail and its job mail.send, if the notification table of the service's group asks for such mails
// and names somebody. Returns whether it did.
bool emit(Tx& tx, const Event& event);

// A person wants to see whether mail goes out: a job mail.test to the table's recipients. Returns its request number.
int request_test(Tx& tx, NotificationId table);

// One mail with everything that it is made from.
struct Mail {
  MailId id;
  std::string message_id;
  domain::MailEvent event = domain::MailEvent::order_started;
  domain::NotificationTable table;
  ServiceId service_id;
  std::string service;
  NodeId node_id;         // unset if it is about none, and so are the next three
  std::string node;
  std::string node_kind;  // "apache"
  std::string site;
  int request_no = 0;
  std::string error;
  std::optional<WallTime> not_after;
  WallTime created_at;
  bool sent = false;
};

Mail get(Tx& tx, MailId id);  // Failure(not_found)
void record_sent(Tx& tx, MailId id);

}  // namespace certfleet::store::mails
