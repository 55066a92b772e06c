// What an ACME server complains about (RFC 8555 section 6.7, RFC 7807), and what we do then. Pure.
#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"

namespace certfleet::order {

struct Problem {
  std::string type;  // "rejectedIdentifier": without the prefix of ACME's own types; others in full
  std::string detail;
  std::string instance;  // a page for people, of userActionRequired
  std::string name;      // the identifier that a subproblem is about
  std::vector<Problem> subproblems;

  bool is(std::string_view acme_type) const { return type == acme_type; }
  // One line for a person: the details and the type, at most 400 bytes, no control characters.
  std::string words() const;
};

// Of the text of a problem document, or of one that stands in another object; none if it is not one. However deep
// the document is: nothing that recurses is called on it.
std::optional<Problem> parse_problem(std::string_view json);
std::optional<Problem> problem_in(const nlohmann::json& document);

// An answer that is not what was asked for, as a failure. `what` names the request ("newOrder"). rateLimited
// and 429: retry after the time asked for, an hour if none is; serverInternal, badNonce, orderNotReady, 408
// and 5xx: retry; everything else will fail again: denied for userActionRequired and other 401 and 403, else
// permanent.
Failure failure_of(std::string_view what, int status, const std::optional<Problem>& problem,
                   std::optional<std::chrono::seconds> retry_after);

}  // namespace certfleet::order
