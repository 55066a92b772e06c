// The limits of what an administrator may enter (manual chapters 6 to 9), checked where it comes in. Each
// function throws Failure(usage) that names the field and the limit; checked() gives the value back in the
// form in which it is stored (host names in lower case). Lengths are bytes of UTF-8, as the manual counts
// them.
#pragma once

#include <string_view>

#include "lib/base/text.h"
#include "lib/domain/inventory.h"
#include "lib/domain/people.h"

namespace certfleet::domain {

// Names of sites, groups, services, nodes, accesses …: what a person tells things apart by. Not empty, no
// control characters, no blank at either end.
inline constexpr std::size_t name_bytes_max = 128;
void check_name(std::string_view name, const Text& what);

// One address, printable ASCII (RFC 5321 section 4.1.2, without quoted local parts).
void check_mail_address(std::string_view address, const Text& what);

inline constexpr int order_interval_min_max = 24 * 60;  // 6.7.3: a CA is asked once a day at least

Site checked(Site site);                             // 9.1.2
Group checked(Group group);                          // 6.3
User checked(User user);                             // 6.5
Access checked(Access access);                       // 9.1.6
Node checked(Node node);                             // 9.1
MailSettings checked(MailSettings settings);         // 6.6
NotificationTable checked(NotificationTable table);  // 6.7

}  // namespace certfleet::domain
