#include "lib/domain/mail_event.h"

#include <array>

namespace certfleet::domain {
namespace {

struct Entry {
  MailEvent event;
  std::string_view name;
  bool NotificationTable::* box;
};

constexpr std::array entries = {
    Entry{MailEvent::expiry_90, "expiry_90", &NotificationTable::expiry_90},
    Entry{MailEvent::expiry_60, "expiry_60", &NotificationTable::expiry_60},
    Entry{MailEvent::expiry_30, "expiry_30", &NotificationTable::expiry_30},
    Entry{MailEvent::expiry_15, "expiry_15", &NotificationTable::expiry_15},
    Entry{MailEvent::expired, "expired", &NotificationTable::expired},
    Entry{MailEvent::order_started, "order_started", &NotificationTable::order_started},
    Entry{MailEvent::order_progress, "order_progress", &NotificationTable::order_progress},
    Entry{MailEvent::order_succeeded, "order_succeeded", &NotificationTable::order_ended},
    Entry{MailEvent::order_failed, "order_failed", &NotificationTable::order_ended},
    Entry{MailEvent::apply_started, "apply_started", &NotificationTable::apply_started},
    Entry{MailEvent::apply_succeeded, "apply_succeeded", &NotificationTable::apply_ended},
    Entry{MailEvent::apply_failed, "apply_failed", &NotificationTable::apply_ended},
};

const Entry& entry_of(MailEvent event) { return entries[static_cast<std::size_t>(event)]; }

}  // namespace

std::string_view to_string(MailEvent event) { return entry_of(event).name; }

std::optional<MailEvent> mail_event_from(std::string_view text) {
  for (const auto& entry : entries)
    if (entry.name == text) return entry.event;
  return std::nullopt;
}

bool wants(const NotificationTable& table, MailEvent event) { return table.*entry_of(event).box; }

}  // namespace certfleet::domain
