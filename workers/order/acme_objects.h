// The objects of ACME as values (RFC 8555 section 7.1), and what we send. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workers/order/acme_problem.h"

namespace certfleet::order {

// Every parse throws Failure(permanent, 2105) saying what the text lacks. URLs must be https, as RFC 8555
// section 6.1 has it; lists are bounded.

struct Directory {
  std::string new_nonce, new_account, new_order;
  bool external_account_required = false;
};
Directory parse_directory(std::string_view json);

enum class OrderStatus { pending, ready, processing, valid, invalid };
std::string_view to_string(OrderStatus status);

struct AcmeOrder {
  OrderStatus status = OrderStatus::pending;
  std::vector<std::string> authorizations;  // URLs, in an order that means nothing
  std::string finalize;
  std::string certificate;  // empty until valid
  std::optional<Problem> error;
};
AcmeOrder parse_order(std::string_view json);

enum class AuthorizationStatus { pending, valid, invalid, deactivated, expired, revoked };
std::string_view to_string(AuthorizationStatus status);

enum class ChallengeStatus { pending, processing, valid, invalid };

struct Challenge {
  std::string type;  // "http-01"
  std::string url;
  std::string token;
  ChallengeStatus status = ChallengeStatus::pending;
  std::optional<Problem> error;
};

struct Authorization {
  std::string name;
  bool wildcard = false;
  AuthorizationStatus status = AuthorizationStatus::pending;
  std::vector<Challenge> challenges;
};
Authorization parse_authorization(std::string_view json);

// A token is base64url (RFC 8555 section 8.3) and of a length that a database may index: what else arrives at
// the responder is not one of ours, and what else a CA sends is refused.
bool is_token(std::string_view text);

std::string new_account_payload(const std::optional<std::string>& contact);
std::string new_order_payload(const std::vector<std::string>& names);
std::string finalize_payload(std::string_view csr_der);

}  // namespace certfleet::order
