#include "lib/store/failures.h"

#include <fmt/format.h>

#include <pqxx/pqxx>

#include "lib/domain/node.h"

namespace certfleet::store {
namespace {

constexpr Text database{"データベース: {}", "database: {}"};

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
  if (sqlstate == "23503" || sqlstate == "55000") return Fault::conflict;
  if (sqlstate == "P0002") return Fault::not_found;
  if (sqlstate == "42501" || sqlstate.starts_with("28")) return Fault::denied;
  if (sqlstate.starts_with("22") || sqlstate.starts_with("23")) return Fault::usage;
  if (sqlstate.starts_with("40") || sqlstate == "55P03" || sqlstate == "57014" || sqlstate == "53300" ||
      sqlstate.starts_with("53"))
    return Fault::retry;
  // 25006: a server that only reads, which after a failover is one's own of before: another one writes now.
  if (sqlstate.starts_with("57P") || sqlstate.starts_with("08") || sqlstate == "25006") return Fault::unreachable;
  return Fault::permanent;
}

// For some classes the library drops the SQLSTATE and keeps the type.
std::string sqlstate_of(const pqxx::sql_error& error) {
  if (!error.sqlstate().empty()) return error.sqlstate();
  if (dynamic_cast<const pqxx::insufficient_privilege*>(&error) != nullptr) return "42501";
  if (dynamic_cast<const pqxx::unique_violation*>(&error) != nullptr) return "23505";
  if (dynamic_cast<const pqxx::foreign_key_violation*>(&error) != nullptr) return "23503";
  if (dynamic_cast<const pqxx::integrity_constraint_violation*>(&error) != nullptr) return "23000";
  if (dynamic_cast<const pqxx::data_exception*>(&error) != nullptr) return "22000";
  if (dynamic_cast<const pqxx::insufficient_resources*>(&error) != nullptr) return "53000";
  if (dynamic_cast<const pqxx::syntax_error*>(&error) != nullptr) return "42601";
  if (dynamic_cast<const pqxx::feature_not_supported*>(&error) != nullptr) return "0A000";
  if (dynamic_cast<const pqxx::plpgsql_no_data_found*>(&error) != nullptr) return "P0002";
  if (dynamic_cast<const pqxx::plpgsql_error*>(&error) != nullptr) return "P0001";
  return "";
}

// A refusal in a person's words: what he lacks is the role, or the group.
Failure refusal(const std::string& text) {
  if (text.starts_with("new row violates row-level security policy")) {
    auto table = text.rfind("for table ");
    return Failure(Fault::denied,
                   Text{"許可されていません: 所属グループの管理者だけが書き込めます (permission denied {})",
                        "permission denied {}: only an administrator in its group may write it"},
                   table == std::string::npos ? "here" : text.substr(table));
  }
  if (text.starts_with("permission denied for "))
    return Failure(Fault::denied, Text{"許可されていません: 権限がありません ({})", "{}: your role does not allow it"}, text);
  return Failure(Fault::denied, Text{"許可されていません ({})", "{}"}, text);
}

// What the functions of sql/ say to a person.
Failure told(Fault fault, const std::string& text) {
  constexpr std::array known = {
      std::pair{Text{"自分自身は削除できません", "nobody removes himself"}, "nobody removes himself"},
      std::pair{Text{"自分自身のパスワードは passwd で変更してください", "nobody resets himself: use passwd"},
                "nobody resets himself"},
      std::pair{Text{"最後の管理者です ({})", "{}"}, "is the last administrator"},
      std::pair{Text{"そのユーザーはいません ({})", "{}"}, "there is no user"},
      std::pair{Text{"この名前のロールがデータベースサーバーにすでにあります ({})", "{}"}, "has a role of this name"},
      std::pair{Text{"失敗したログインを読むには、サーバーの logging_collector = on と log_destination の jsonlog が必要です",
                     "{}"},
                "keeps no log"},
  };
  for (const auto& [words, mark] : known)
    if (text.find(mark) != std::string::npos) return Failure(fault, words, text);
  return Failure(fault, text);
}

// What is between the first `before` and the last `after` in `text`.
std::optional<std::string> between(const std::string& text, std::string_view before, std::string_view after) {
  auto from = text.find(before);
  auto to = text.rfind(after);
  if (from == std::string::npos || to == std::string::npos || from + before.size() > to) return std::nullopt;
  return text.substr(from + before.size(), to - from - before.size());
}

// An access that does not fit a node (sql/functions/access_fit.sql), in the words of the rule itself.
std::optional<Failure> unfit_access(const std::string& text) {
  constexpr std::string_view begin = "access ";
  if (!text.starts_with(begin)) return std::nullopt;
  domain::Access access;
  access.login_id = "login";
  access.host_key = "";
  access.login_secret_set = true;
  std::optional<std::string> name, kind;
  if ((name = between(text, begin, " has no password, which nodes of kind "))) {
    access.login_secret_set = false;
    kind = between(text, *name + " has no password, which nodes of kind ", " need");
  } else if ((name = between(text, begin, " has no host key, which nodes of kind "))) {
    access.host_key.reset();
    kind = between(text, *name + " has no host key, which nodes of kind ", " need");
  } else if ((name = between(text, begin, " has the login id \""))) {
    access.login_id = between(text, *name + " has the login id \"", "\", which nodes of kind ").value_or("");
    kind = between(text, access.login_id + "\", which nodes of kind ", " can't use");
  }
  if (!name || !kind) return std::nullopt;
  access.name = *name;
  try {
    domain::require_access_for(*kind, access);
    return std::nullopt;
  } catch (const Failure& failure) {
    return failure;
  }
}

// The server answers, but does not let us in.
bool refused(std::string_view text) {
  for (std::string_view reason : {"authentication failed", "no password supplied", "no pg_hba.conf entry"})
    if (text.find(reason) != std::string_view::npos) return true;
  return false;
}

// The connection string is wrong, so nothing was asked of any server.
bool malformed(std::string_view text) {
  for (std::string_view reason :
       {"invalid connection option", "missing \"=\" after", "unterminated quoted string"})
    if (text.find(reason) != std::string_view::npos) return true;
  return false;
}

}  // namespace

Failure current_failure() {
  try {
    throw;
  } catch (const Failure& failure) {
    return failure;
  } catch (const pqxx::in_doubt_error& error) {
    return Failure(Fault::in_doubt,
                   Text{"データベース: コミットの結果が分かりません: {}", "database: outcome of a commit unknown: {}"},
                   first_line(error.what()));
  } catch (const pqxx::statement_completion_unknown& error) {
    return Failure(Fault::in_doubt, database, first_line(error.what()));
  } catch (const pqxx::transaction_rollback& error) {  // deadlock, serialization
    return Failure(Fault::retry, database, first_line(error.what()));
  } catch (const pqxx::broken_connection& error) {
    if (malformed(error.what()))
      return Failure(Fault::usage, Text{"database.dsn: {}", "database.dsn: {}"}, first_line(error.what()));
    if (refused(error.what()))
      return Failure(Fault::denied, database, first_line(error.what()));
    return Failure(Fault::unreachable, 11, database, first_line(error.what()));
  } catch (const pqxx::sql_error& error) {
    // A server that goes away in mid-statement reports no SQLSTATE.
    if (auto unfit = unfit_access(first_line(error.what()))) return *unfit;
    auto sqlstate = sqlstate_of(error);
    if (sqlstate.empty())
      return Failure(Fault::unreachable, 11, database, first_line(error.what()));
    if (sqlstate == "P0002" || sqlstate == "55000") return told(fault_of(sqlstate), first_line(error.what()));
    if (sqlstate == "42501") return refusal(first_line(error.what()));
    auto fault = fault_of(sqlstate);
    auto line = first_line(error.what());
    return fault == Fault::unreachable ? Failure(fault, 11, database, line) : Failure(fault, database, line);
  } catch (const std::exception& error) {
    return Failure(Fault::permanent, database, first_line(error.what()));
  }
}

}  // namespace certfleet::store
