#include "lib/store/dsn.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <vector>

#include "lib/base/error.h"

namespace certfleet::store::dsn {
namespace {

using Options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

void collect(std::map<std::string, std::string>& values, const Options& options) {
  for (auto* option = options.get(); option != nullptr && option->keyword != nullptr; ++option)
    if (option->val != nullptr && *option->val != '\0') values[option->keyword] = option->val;
}

// What the environment says, and where libpq looks by itself.
std::map<std::string, std::string> surroundings() {
  std::map<std::string, std::string> values;
  Options defaults(PQconndefaults(), &PQconninfoFree);
  for (auto* option = defaults.get(); option != nullptr && option->keyword != nullptr; ++option) {
    bool set = option->envvar != nullptr && std::getenv(option->envvar) != nullptr;
    bool where = std::string_view(option->keyword) == "port" || std::string_view(option->keyword) == "user";
    if ((set || where) && option->val != nullptr) values[option->keyword] = option->val;
  }
  return values;
}

std::map<std::string, std::string> given_parts(const std::string& dsn) {
  char* complaint = nullptr;
  Options given(PQconninfoParse(dsn.c_str(), &complaint), &PQconninfoFree);
  if (given == nullptr) {
    std::string text = complaint == nullptr ? "not understood" : complaint;
    PQfreemem(complaint);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    throw Failure(Fault::usage, Text{"データベース接続: {}", "database connection: {}"}, text);
  }
  std::map<std::string, std::string> values;
  collect(values, given);
  return values;
}

std::map<std::string, std::string> parts_of(const std::string& dsn) {
  auto values = surroundings();
  // libpq's own default, which it does not tell.
  if (!values.contains("host")) values["host"] = "/var/run/postgresql";
  for (auto& [key, value] : given_parts(dsn)) values[key] = value;
  if (!values.contains("dbname") && values.contains("user")) values["dbname"] = values["user"];
  return values;
}

// The items of a list with commas, as libpq has them in host and port.
std::vector<std::string> items(const std::string& list) {
  std::vector<std::string> all;
  for (std::size_t from = 0;;) {
    auto comma = list.find(',', from);
    all.push_back(list.substr(from, comma - from));
    if (comma == std::string::npos) return all;
    from = comma + 1;
  }
}

std::string literal(std::string_view value) {
  std::string out = "'";
  for (char c : value) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

// Where the server is and how it is trusted; all else is a connection's own.
std::string server_of(const std::string& dsn) {
  auto parts = parts_of(dsn);
  std::string out;
  for (const auto* key : {"host", "hostaddr", "port", "dbname", "sslmode", "sslrootcert", "sslcrl",
                          "ssl_min_protocol_version", "target_session_attrs"})
    if (auto found = parts.find(key); found != parts.end())
      out += fmt::format("{}={} ", key, literal(found->second));
  return out;
}

}  // namespace

std::string keywords(const std::string& dsn, std::size_t first_host) {
  bool uri = dsn.starts_with("postgresql://") || dsn.starts_with("postgres://");
  if (!uri && dsn.find(',') == std::string::npos) return dsn;
  auto parts = given_parts(dsn);
  for (const auto* key : {"host", "hostaddr", "port"}) {
    auto found = parts.find(key);
    if (found == parts.end()) continue;
    auto all = items(found->second);
    std::rotate(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(first_host % all.size()), all.end());
    found->second = fmt::format("{}", fmt::join(all, ","));
  }
  std::string out;
  for (const auto& [key, value] : parts) out += fmt::format("{}={} ", key, literal(value));
  return out;
}

std::string for_user(const std::string& dsn, std::string_view user, const std::filesystem::path& passfile) {
  return server_of(dsn) + fmt::format("user={} passfile={}", literal(user), literal(passfile.string()));
}

std::string for_login(const std::string& dsn, std::string_view user, std::string_view password) {
  return server_of(dsn) + fmt::format("user={} password={}", literal(user), literal(password));
}

std::string for_anybody(const std::string& dsn) {
  auto out = server_of(dsn);
  out.pop_back();
  return out;
}

std::string user_of(const std::string& dsn) { return parts_of(dsn)["user"]; }
std::string passfile_of(const std::string& dsn) { return parts_of(dsn)["passfile"]; }

std::string place(const std::string& dsn) {
  auto parts = parts_of(dsn);
  auto hosts = items(parts["host"]);
  auto ports = items(parts["port"]);
  std::vector<std::string> places;
  for (std::size_t i = 0; i < hosts.size(); ++i)  // one port may stand for all hosts
    places.push_back(fmt::format("{}:{}", hosts[i], ports[ports.size() == hosts.size() ? i : 0]));
  return fmt::format("{} on {}", parts["dbname"], fmt::join(places, ", "));
}

std::string passfile_line(std::string_view user, std::string_view password) {
  auto escaped = [](std::string_view text) {
    std::string out;
    for (char c : text) {
      if (c == ':' || c == '\\') out += '\\';
      out += c;
    }
    return out;
  };
  return fmt::format("*:*:*:{}:{}\n", escaped(user), escaped(password));
}

}  // namespace certfleet::store::dsn
