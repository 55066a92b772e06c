// What a mail says, from plain facts (manual appendix 12.2). No input or output.
#pragma once

#include <string>
#include <vector>

#include "lib/domain/mail_event.h"
#include "lib/trace/catalogue.h"

namespace certfleet::mail {

struct Facts {
  domain::MailEvent event = domain::MailEvent::order_started;
  std::string title;      // of the notification table
  std::string text;       // the same
  std::string service;
  std::string node;       // of apply events
  std::string node_kind;  // the same: "apache"
  std::string site;       // the same
  std::string error;      // of failures: one line
  std::string last_day;   // of expiry events: "20230226"
  std::vector<std::string> traces;  // rendered, oldest first
  // When the first and the last of the traces happened: "2023/02/19 03:35:06". Both empty: not said.
  std::string began, ended;
  trace::Language language = trace::Language::ja;
};

struct Text {
  std::string subject;  // one line
  std::string body;     // lines end with \n
};

Text compose(const Facts& facts);

}  // namespace certfleet::mail
