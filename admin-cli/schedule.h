// "--now", "--at TIME" and "--wait" of orders and applies.
#pragma once

#include <optional>
#include <string>

#include "admin-cli/commands.h"
#include "admin-cli/context.h"
#include "lib/base/clock.h"

namespace certfleet::cli {

struct When {
  bool now = false;
  std::optional<std::string> at;
  bool wait = false;
};

void declare_when(Verb& verb, When& when);

// Failure(usage) unless exactly one of --now and --at is given, and --wait only with --now.
void check_when(const Context& context, const When& when, const char* help);

// The time of --at, in the installation's zone; it must lie ahead. To be called once the database is open,
// which sets the zone.
WallTime time_of(const Context& context, const When& when);

}  // namespace certfleet::cli
