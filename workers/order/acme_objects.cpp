#include "workers/order/acme_objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "lib/pki/limits.h"
#include "lib/pki/printable.h"
#include "lib/pki/text.h"
#include "workers/order/trace_ids.h"

namespace certfleet::order {
namespace {

using nlohmann::json;

constexpr std::size_t url_bytes_max = 2048;
constexpr std::size_t token_bytes_max = 256;  // 128 bits at least (section 8.3); CAs send 43 characters
constexpr std::size_t challenges_max = 16;    // there are four types in all
constexpr std::size_t names_max = pki::sans_max + 1;

[[noreturn]] void refuse(std::string_view object, std::string_view why) {
  throw Failure(Fault::permanent, trace_id::unexpected, fmt::format("the CA's {} {}", object, why));
}

json object_of(std::string_view text, std::string_view object) {
  auto parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object()) refuse(object, "is no JSON object");
  return parsed;
}

std::string text(const json& from, const char* key, std::string_view object) {
  auto found = from.find(key);
  if (found == from.end() || !found->is_string()) refuse(object, fmt::format("has no {}", key));
  return found->get<std::string>();
}

std::string checked_url(std::string url, const char* key, std::string_view object) {
  if (!std::string_view(url).starts_with("https://") || url.size() > url_bytes_max)
    refuse(object, fmt::format("has a {} that is no https address", key));
  return url;
}

std::string url(const json& from, const char* key, std::string_view object) {
  return checked_url(text(from, key, object), key, object);
}

const json& list(const json& from, const char* key, std::string_view object, std::size_t items_max) {
  auto found = from.find(key);
  if (found == from.end() || !found->is_array()) refuse(object, fmt::format("has no list of {}", key));
  if (found->size() > items_max) refuse(object, fmt::format("has {} {}", found->size(), key));
  return *found;
}

std::optional<Problem> error_of(const json& from) {
  auto found = from.find("error");
  return found == from.end() ? std::nullopt : problem_in(*found);
}

template <class Status, std::size_t Count>
Status status_of(const json& from, const std::array<std::string_view, Count>& names,
                 std::string_view object) {
  auto word = text(from, "status", object);
  auto found = std::find(names.begin(), names.end(), word);
  if (found == names.end())
    refuse(object, fmt::format("has the unknown status \"{}\"", pki::printable(word)));
  return static_cast<Status>(found - names.begin());
}

// In the order of their enumerations.
constexpr std::array<std::string_view, 5> order_statuses = {"pending", "ready", "processing", "valid",
                                                            "invalid"};
constexpr std::array<std::string_view, 6> authorization_statuses = {"pending",     "valid",   "invalid",
                                                                    "deactivated", "expired", "revoked"};
constexpr std::array<std::string_view, 4> challenge_statuses = {"pending", "processing", "valid", "invalid"};

// None for a type that has no token: it is not one that we can answer.
std::optional<Challenge> challenge_of(const json& from) {
  constexpr std::string_view object = "challenge";
  Challenge challenge;
  challenge.type = text(from, "type", object);
  if (!from.contains("token")) return std::nullopt;
  challenge.token = text(from, "token", object);
  if (!is_token(challenge.token)) refuse(object, "has a malformed token");
  challenge.url = url(from, "url", object);
  challenge.status = status_of<ChallengeStatus>(from, challenge_statuses, object);
  challenge.error = error_of(from);
  return challenge;
}

}  // namespace

std::string_view to_string(OrderStatus status) {
  return order_statuses.at(static_cast<std::size_t>(status));
}
std::string_view to_string(AuthorizationStatus status) {
  return authorization_statuses.at(static_cast<std::size_t>(status));
}

Directory parse_directory(std::string_view text_of_answer) {
  constexpr std::string_view object = "directory";
  auto from = object_of(text_of_answer, object);
  Directory directory{url(from, "newNonce", object), url(from, "newAccount", object),
                      url(from, "newOrder", object)};
  if (auto meta = from.find("meta"); meta != from.end() && meta->is_object())
    if (auto flag = meta->find("externalAccountRequired"); flag != meta->end() && flag->is_boolean())
      directory.external_account_required = flag->get<bool>();
  return directory;
}

AcmeOrder parse_order(std::string_view text_of_answer) {
  constexpr std::string_view object = "order";
  auto from = object_of(text_of_answer, object);
  AcmeOrder order;
  order.status = status_of<OrderStatus>(from, order_statuses, object);
  for (const auto& each : list(from, "authorizations", object, names_max)) {
    if (!each.is_string()) refuse(object, "has an authorization that is no address");
    order.authorizations.push_back(checked_url(each.get<std::string>(), "authorization", object));
  }
  order.finalize = url(from, "finalize", object);
  if (order.status == OrderStatus::valid) order.certificate = url(from, "certificate", object);
  order.error = error_of(from);
  return order;
}

Authorization parse_authorization(std::string_view text_of_answer) {
  constexpr std::string_view object = "authorization";
  auto from = object_of(text_of_answer, object);
  Authorization authorization;
  authorization.status = status_of<AuthorizationStatus>(from, authorization_statuses, object);
  auto identifier = from.find("identifier");
  if (identifier == from.end() || !identifier->is_object()) refuse(object, "has no identifier");
  authorization.name = text(*identifier, "value", object);
  if (auto flag = from.find("wildcard"); flag != from.end() && flag->is_boolean())
    authorization.wildcard = flag->get<bool>();
  for (const auto& each : list(from, "challenges", object, challenges_max)) {
    if (!each.is_object()) refuse(object, "has a challenge that is no object");
    if (auto challenge = challenge_of(each)) authorization.challenges.push_back(std::move(*challenge));
  }
  return authorization;
}

bool is_token(std::string_view text_of_token) {
  constexpr std::string_view base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return !text_of_token.empty() && text_of_token.size() <= token_bytes_max &&
         text_of_token.find_first_not_of(base64url) == std::string_view::npos;
}

std::string new_account_payload(const std::optional<std::string>& contact) {
  json payload = {{"termsOfServiceAgreed", true}};
  if (contact) payload["contact"] = {"mailto:" + *contact};
  return payload.dump();
}

std::string new_order_payload(const std::vector<std::string>& names) {
  json identifiers = json::array();
  for (const auto& name : names) identifiers.push_back({{"type", "dns"}, {"value", name}});
  return json{{"identifiers", identifiers}}.dump();
}

std::string finalize_payload(std::string_view csr_der) {
  return json{{"csr", pki::base64url(csr_der)}}.dump();
}

}  // namespace certfleet::order
