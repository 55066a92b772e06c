// The events that are mailed (manual 6.7 and appendix 12.2).
#pragma once

#include <optional>
#include <string_view>

#include "lib/domain/inventory.h"

namespace certfleet::domain {

enum class MailEvent {
  expiry_90, expiry_60, expiry_30, expiry_15, expired,
  order_started, order_progress, order_succeeded, order_failed,
  apply_started, apply_succeeded, apply_failed,
};

std::string_view to_string(MailEvent event);
std::optional<MailEvent> mail_event_from(std::string_view text);

// Whether a notification table asks for mails of this event; start, progress and end are its boxes.
bool wants(const NotificationTable& table, MailEvent event);

}  // namespace certfleet::domain
