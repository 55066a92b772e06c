// The limits of what an administrator may enter (manual chapters 6 to 9), checked where it comes in. Each
// function throws Failure(usage) that names the field and the limit. Lengths are bytes of UTF-8, as the manual
// counts them.
#pragma once

#include <string_view>

#include "lib/domain/inventory.h"
#include "lib/domain/people.h"

namespace certfleet::domain {

// Names of sites, groups, services, nodes, accesses …: what a person tells things apart by. Not empty, no
// control characters, no blank at either end.
inline constexpr std::size_t name_bytes_max = 128;
void check_name(std::string_view name, std::string_view what);

// One address, printable ASCII (RFC 5321 section 4.1.2, without quoted local parts).
void check_mail_address(std::string_view address, std::string_view what);

// "host:port" (6.2.1).
void check_proxy(std::string_view proxy);

void check(const User& user);
void check(const KeySpec& spec);            // 8.5
void check(const Service& service);         // 7.2, with its key spec
void check(const CaAccount& account);       // 8.1
void check(const Access& access);           // 9.1.6
void check(const Node& node);               // 9.1
void check(const MailSettings& settings);   // 6.6
void check(const NotificationTable& table);  // 6.7
void check(const Settings& settings);       // 6.2

}  // namespace certfleet::domain
