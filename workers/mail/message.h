// What a mail says, from plain facts (manual appendix 12.2). No input or output.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/domain/mail_event.h"
#include "lib/trace/catalogue.h"

namespace certfleet::mail {

struct Facts {
  domain::MailEvent event = domain::MailEvent::order_started;
  std::string title;    // of the notification table
  std::string text;     // the same
  std::string service;
  std::string node;     // of apply events
  std::string site;     // the same
  std::string error;    // of failures: one line
  std::optional<WallTime> not_after;  // of expiry events
  std::vector<std::string> traces;    // rendered, oldest first
  trace::Language language = trace::Language::ja;
};

struct Text {
  std::string subject;  // one line
  std::string body;     // lines end with \n
};

Text compose(const Facts& facts);

}  // namespace certfleet::mail
