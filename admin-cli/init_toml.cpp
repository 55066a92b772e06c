#include "admin-cli/init_toml.h"

#include <fmt/format.h>

#include "lib/pki/host_name.h"
#include "lib/store/dsn.h"

namespace certfleet::cli {
namespace {

// A TOML basic string.
std::string literal(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20)
      out += fmt::format("\\u{:04x}", c);
    else
      out += c;
  }
  return out + "\"";
}

std::string database_section(const InitPlan& plan, std::string_view user,
                             const std::filesystem::path& passfile) {
  return fmt::format("[database]\ndsn = {}\n", literal(store::dsn::for_user(plan.owner_dsn, user, passfile)));
}

std::string brokers_setting(const std::vector<std::string>& brokers) {
  std::string out = "brokers = [\n";
  for (const auto& line : brokers) out += fmt::format("  {},\n", literal(line));
  return out + "]\n";
}

// A broker binds the address under which its peers find it if that is an address, else all of this host's.
std::string bind_address(const std::string& listen) {
  auto colon = listen.rfind(':');
  auto host = listen.substr(0, colon);
  std::string_view bare = host;
  if (bare.starts_with('[') && bare.ends_with(']')) bare = bare.substr(1, bare.size() - 2);
  return "tcp://" + (pki::is_ip_address(bare) ? host : std::string("0.0.0.0")) + listen.substr(colon);
}

}  // namespace

std::vector<std::string> broker_lines(const InitPlan& plan,
                                      const std::map<std::string, std::string>& curve_keys) {
  std::vector<std::string> lines;
  for (const auto& daemon : daemons_of(plan.brokers))
    if (daemon.role == store::peers::Role::broker)
      lines.push_back(fmt::format("tcp://{} {}", daemon.listen, curve_keys.at(daemon.name)));
  return lines;
}

std::string daemon_toml(const InitPlan& plan, const DaemonInfo& daemon,
                        const std::vector<std::string>& brokers) {
  bool broker = daemon.role == store::peers::Role::broker;
  std::string out = fmt::format("# {}\n", daemon.executable);
  if (broker) {
    out += fmt::format("listen = {}\n", literal(bind_address(daemon.listen)));
  } else {
    out += brokers_setting(brokers);
  }
  auto passfile = file_of(plan, broker ? "broker" : daemon.name, ".pgpass");
  out += "\n" + database_section(plan, daemon.database_role, passfile);
  out += fmt::format("\n[curve]\nsecret_key_file = {}\n", literal(daemon.name + ".curve"));
  if (daemon.opens_secrets)
    out +=
        fmt::format("\n[sealing]\nkey_files = [{}]\n", literal(sealing_key_file(plan).filename().string()));
  if (daemon.queue == domain::Queue::order)
    out += fmt::format("\n[http01]\nlisten = {}\n", literal(plan.http01_listen));
  return out;
}

std::string command_toml(const InitPlan& plan, const std::vector<std::string>& brokers) {
  return "# The certfleet command: export CERTFLEET_CONFIG to this file's path, or put it where the command "
         "looks.\n" +
         brokers_setting(brokers) + "\n" +
         database_section(plan, plan.admin, plan.directory / "admin.pgpass");
}

std::string client_toml(const InitPlan& plan, const std::vector<std::string>& brokers) {
  return fmt::format("# The certfleet command for everybody: it holds no secret. Each logs in with certfleet login.\n"
                     "{}\n[database]\ndsn = {}\n",
                     brokers_setting(brokers), literal(store::dsn::for_anybody(plan.owner_dsn)));
}

}  // namespace certfleet::cli
