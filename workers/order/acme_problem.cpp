#include "workers/order/acme_problem.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "lib/pki/printable.h"
#include "workers/order/trace_ids.h"

namespace certfleet::order {
namespace {

using nlohmann::json;

constexpr std::string_view acme_types = "urn:ietf:params:acme:error:";
constexpr std::size_t words_bytes_max = 400;
constexpr std::size_t subproblems_max = 10;  // in one line for a person more say nothing
constexpr std::chrono::hours rate_limit_wait{1};

std::string text(const json& object, const char* key) {
  auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Problem problem_of(const json& object) {
  Problem problem;
  problem.type = text(object, "type");
  if (std::string_view(problem.type).starts_with(acme_types)) problem.type.erase(0, acme_types.size());
  problem.detail = text(object, "detail");
  problem.instance = text(object, "instance");
  if (auto name = object.find("identifier"); name != object.end() && name->is_object())
    problem.name = text(*name, "value");
  return problem;
}

bool passes_by_itself(int status, const std::optional<Problem>& problem) {
  if (problem && (problem->is("serverInternal") || problem->is("badNonce") || problem->is("orderNotReady")))
    return true;
  return status >= 500 || status == 408;
}

}  // namespace

std::string Problem::words() const {
  std::string line = name.empty() ? detail : fmt::format("{}: {}", name, detail);
  for (const auto& each : subproblems) line += fmt::format("; {}", each.words());
  if (!type.empty()) line += fmt::format(" ({})", type);
  return pki::printable(line, words_bytes_max);
}

std::optional<Problem> parse_problem(std::string_view text_of_answer) {
  return problem_in(json::parse(text_of_answer, nullptr, false));
}

std::optional<Problem> problem_in(const json& object) {
  if (!object.is_object() || !object.contains("type")) return std::nullopt;
  auto problem = problem_of(object);
  auto found = object.find("subproblems");
  if (found != object.end() && found->is_array())
    for (const auto& each : *found)
      if (each.is_object() && problem.subproblems.size() < subproblems_max)
        problem.subproblems.push_back(problem_of(each));
  return problem;
}

Failure failure_of(std::string_view what, int status, const std::optional<Problem>& problem,
                   std::optional<std::chrono::seconds> retry_after) {
  auto line = problem ? fmt::format("{}: {}", what, problem->words())
                      : fmt::format("{}: the CA answered with HTTP status {}", what, status);
  int id = problem ? trace_id::failed : trace_id::status;
  if (status == 429 || (problem && problem->is("rateLimited")))
    return Failure(Fault::retry, trace_id::rate_limited, line).after(retry_after.value_or(rate_limit_wait));
  if (passes_by_itself(status, problem)) {
    Failure failure(Fault::retry, problem && problem->is("badNonce") ? trace_id::nonces : id, line);
    return retry_after ? failure.after(*retry_after) : failure;
  }
  if (problem && problem->is("userActionRequired") && !problem->instance.empty())
    line += fmt::format(", see {}", pki::printable(problem->instance, words_bytes_max));
  bool denied = status == 401 || status == 403;
  return Failure(denied ? Fault::denied : Fault::permanent, id, line);
}

}  // namespace certfleet::order
