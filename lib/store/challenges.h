// What the http-01 responders of all order workers serve (RFC 8555 section 8.3): stored before the CA is told
// that it may look, so that whichever responder it reaches can answer.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/id.h"
#include "lib/store/transaction.h"

namespace certfleet::store::challenges {

struct Challenge {
  std::string token;
  std::string key_authorization;  // public: anyone may ask for it
};

// Those that are there already are kept. Returns how many were not.
int add(Tx& tx, OrderId order, std::span<const Challenge> challenges);
// The key authorization, if there is such a token.
std::optional<std::string> find(Tx& tx, std::string_view token);
// Removes those of the order, and what orders that have ended left behind.
void remove(Tx& tx, OrderId order);

}  // namespace certfleet::store::challenges
