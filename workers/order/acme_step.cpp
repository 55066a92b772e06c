#include "workers/order/acme_step.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/pki/printable.h"
#include "workers/order/trace_ids.h"

namespace certfleet::order {
namespace {

Step fail(int id, std::string why, bool again = false) {
  return {Step::Kind::fail, {}, id, std::move(why), again};
}

// The CA could not reach us, or could not go on itself; what it has seen and refused, it refuses again.
bool may_pass(const std::optional<Problem>& error) {
  if (!error) return true;
  return error->is("connection") || error->is("dns") || error->is("tls") || error->is("serverInternal");
}

std::string shown_name(const Authorization& authorization) {
  return pki::printable((authorization.wildcard ? "*." : "") + authorization.name);
}

// Without the token, which is another one each time: the same reason is to read the same.
std::string words_of(const Challenge& challenge) {
  auto words = challenge.error->words();
  if (auto at = words.find(challenge.token); !challenge.token.empty() && at != std::string::npos)
    words.replace(at, challenge.token.size(), "…");
  return words;
}

// Why the CA did not validate a name: the challenge that failed says it best.
Step lost_name(const Authorization& authorization) {
  for (const auto& challenge : authorization.challenges)
    if (challenge.error)
      return fail(trace_id::domain, fmt::format("{}: {}", shown_name(authorization), words_of(challenge)),
                  may_pass(challenge.error));
  return fail(
      trace_id::domain,
      fmt::format("{}: the authorization is {}", shown_name(authorization), to_string(authorization.status)),
      authorization.status == AuthorizationStatus::expired);
}

bool is_dead(const Authorization& authorization) {
  return authorization.status != AuthorizationStatus::pending &&
         authorization.status != AuthorizationStatus::valid;
}

Step dead_order(const AcmeOrder& order, const std::vector<Authorization>& authorizations) {
  auto dead = std::find_if(authorizations.begin(), authorizations.end(), is_dead);
  if (dead != authorizations.end()) return lost_name(*dead);
  return fail(trace_id::failed, order.error ? order.error->words() : "the CA has made the order invalid",
              may_pass(order.error));
}

Step authorize(const std::vector<Authorization>& authorizations, const std::set<std::string>& answered) {
  Step step;
  for (const auto& each : authorizations) {
    if (is_dead(each)) return lost_name(each);
    if (each.status == AuthorizationStatus::valid) continue;
    auto challenge = std::find_if(each.challenges.begin(), each.challenges.end(),
                                  [](const Challenge& c) { return c.type == "http-01"; });
    if (challenge == each.challenges.end())
      return fail(trace_id::domain, fmt::format("{}: the CA offers no http-01 challenge", shown_name(each)));
    if (challenge->status == ChallengeStatus::pending && !answered.contains(challenge->url))
      step.challenges.push_back({each.name, *challenge});
  }
  // All valid: the order becomes ready in a moment.
  step.kind = step.challenges.empty() ? Step::Kind::wait : Step::Kind::answer;
  return step;
}

}  // namespace

bool needs_authorizations(const AcmeOrder& order) {
  return order.status == OrderStatus::pending || order.status == OrderStatus::invalid;
}

Step next_step(const AcmeOrder& order, const std::vector<Authorization>& authorizations,
               const std::set<std::string>& answered) {
  switch (order.status) {
    case OrderStatus::pending:
      return authorize(authorizations, answered);
    case OrderStatus::ready:
      return {Step::Kind::finalize};
    case OrderStatus::processing:
      return {Step::Kind::wait};
    case OrderStatus::valid:
      return {Step::Kind::download};
    case OrderStatus::invalid:
      return dead_order(order, authorizations);
  }
  return {Step::Kind::wait};
}

}  // namespace certfleet::order
