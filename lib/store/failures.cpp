#include "lib/store/failures.h"

#include <fmt/format.h>

#include <pqxx/pqxx>

namespace certfleet::store {
namespace {

// The server's message without its CONTEXT, QUERY and position lines: one line for a person.
std::string first_line(std::string text) {
  if (auto end = text.find('\n'); end != std::string::npos) text.resize(end);
  // The library's words for a connection that broke before this statement was sent.
  if (text.find("not connected") != std::string::npos) return "the connection was lost";
  constexpr std::string_view prefix = "ERROR:  ";
  if (text.starts_with(prefix)) text.erase(0, prefix.size());
  return text;
}

Fault fault_of(std::string_view sqlstate) {
  if (sqlstate == "23505" || sqlstate == "23P01") return Fault::conflict;
  if (sqlstate == "23503") return Fault::conflict;
  if (sqlstate == "42501" || sqlstate.starts_with("28")) return Fault::denied;
  if (sqlstate.starts_with("22") || sqlstate.starts_with("23")) return Fault::usage;
  if (sqlstate.starts_with("40") || sqlstate == "55P03" || sqlstate == "57014" || sqlstate == "53300" ||
      sqlstate.starts_with("53"))
    return Fault::retry;
  if (sqlstate.starts_with("57P") || sqlstate.starts_with("08")) return Fault::unreachable;
  return Fault::permanent;
}

}  // namespace

Failure current_failure() {
  try {
    throw;
  } catch (const Failure& failure) {
    return failure;
  } catch (const pqxx::in_doubt_error& error) {
    return Failure(Fault::in_doubt, fmt::format("database: outcome of a commit unknown: {}", first_line(error.what())));
  } catch (const pqxx::broken_connection& error) {
    return Failure(Fault::unreachable, 11, fmt::format("database: {}", first_line(error.what())));
  } catch (const pqxx::sql_error& error) {
    // A server that goes away in mid-statement reports no SQLSTATE.
    if (error.sqlstate().empty())
      return Failure(Fault::unreachable, 11, fmt::format("database: {}", first_line(error.what())));
    return Failure(fault_of(error.sqlstate()), fmt::format("database: {}", first_line(error.what())));
  } catch (const std::exception& error) {
    return Failure(Fault::permanent, fmt::format("database: {}", first_line(error.what())));
  }
}

}  // namespace certfleet::store
