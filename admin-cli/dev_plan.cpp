#include "admin-cli/dev_plan.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "lib/base/config.h"
#include "lib/base/error.h"
#include "lib/base/file.h"

namespace certfleet::cli {
namespace {

namespace fs = std::filesystem;

constexpr int default_broker_port = 9020;     // the design's
constexpr int default_postgres_port = 15432;  // beside the usual 5432, which may be the machine's own
constexpr int http01_port = 80;
constexpr int http01_port_else = 5002;  // what ACME test servers ask for

// Whether a server can listen there now; 0 asks for any free port, which comes back.
std::optional<int> can_listen(int port) {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::nullopt;
  int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);  // what has just ended is not in use
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), length) == 0 && ::listen(fd, 1) == 0 &&
               ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  ::close(fd);
  if (!bound) return std::nullopt;
  return ntohs(address.sin_port);
}

int free_port(int wanted) {
  if (can_listen(wanted)) return wanted;
  auto any = can_listen(0);
  if (!any) throw Failure(Fault::permanent, "no free port on 127.0.0.1");
  return *any;
}

void require_free(int port, const Text& what) {
  if (!can_listen(port))
    throw Failure(Fault::conflict,
                  Text{"{1} のポート {0} は他のプログラムが使っています",
                       "port {0} for {1} is in use by another program"},
                  port, what);
}

int port_of(const std::string& address) {
  return std::atoi(address.c_str() + address.rfind(':') + 1);
}

DevPlan new_plan(const DevOptions& options) {
  DevPlan plan;
  plan.postgres_port = options.postgres_port.value_or(0);
  if (options.postgres_port)
    require_free(*options.postgres_port, {"PostgreSQL", "PostgreSQL"});
  else
    plan.postgres_port = free_port(default_postgres_port);
  int first = options.broker_port.value_or(free_port(default_broker_port));
  for (int i = 0; i < options.brokers.value_or(1); ++i)
    plan.brokers.push_back(fmt::format("127.0.0.1:{}", i == 0 ? first : free_port(first + i)));
  plan.http01 = options.http01.value_or(
      fmt::format("127.0.0.1:{}", can_listen(http01_port) ? http01_port : free_port(http01_port_else)));
  return plan;
}

void save(const DevPlan& plan) {
  std::string brokers;
  for (const auto& address : plan.brokers) brokers += (brokers.empty() ? "\"" : ", \"") + address + "\"";
  write_file(plan.directory / "dev.toml",
             fmt::format("# Chosen at the first run of certfleet dev.\npostgres_port = {}\nbrokers = "
                         "[{}]\nhttp01 = \"{}\"\n",
                         plan.postgres_port, brokers, plan.http01),
             0600);
}

DevPlan saved_plan(const fs::path& file) {
  auto config = Config::load(file);
  DevPlan plan;
  plan.postgres_port = static_cast<int>(config.number("postgres_port", 0, 1, 65535));
  plan.brokers = config.texts("brokers");
  plan.http01 = config.text("http01");
  config.refuse_unknown();
  return plan;
}

void check_same(const DevPlan& plan, const DevOptions& options) {
  auto refuse = [&](const char* option) {
    throw Failure(Fault::conflict,
                  Text{"{0} は {1} を作ったときに決まっています。変えるにはフォルダを削除してください",
                       "{0} was chosen when {1} was made: remove the folder to choose anew"},
                  option, plan.directory.string());
  };
  if (options.postgres_port && *options.postgres_port != plan.postgres_port) refuse("--postgres-port");
  if (options.broker_port && *options.broker_port != port_of(plan.brokers.at(0))) refuse("--broker-port");
  if (options.brokers && static_cast<std::size_t>(*options.brokers) != plan.brokers.size())
    refuse("--brokers");
  if (options.http01 && *options.http01 != plan.http01) refuse("--http01");
}

}  // namespace

fs::path dev_directory(const std::optional<std::string>& given) {
  fs::path directory;
  if (given) {
    directory = *given;
  } else {
    const char* home = std::getenv("HOME");
    if (home == nullptr || *home == '\0')
      throw Failure(Fault::usage, Text{"HOME がありません。--directory を指定してください",
                                       "HOME is not set: give --directory"});
    directory = fs::path(home) / ".local/state/certfleet-dev";
  }
  directory = fs::absolute(directory).lexically_normal();
  if (!directory.has_filename()) directory = directory.parent_path();
  std::error_code error;
  bool made = fs::create_directories(directory, error);
  if (error) throw Failure(Fault::permanent, fmt::format("{}: {}", directory.string(), error.message()));
  if (made) fs::permissions(directory, fs::perms::owner_all, error);
  if (!made && !fs::exists(directory / "dev.lock") && !fs::is_empty(directory, error))
    throw Failure(Fault::conflict,
                  Text{"{}: 空ではありません。新しいフォルダを指定してください",
                       "{}: is not empty; choose a new folder"},
                  directory.string());
  return directory;
}

DevPlan plan_dev(const DevOptions& options) {
  auto directory = dev_directory(options.directory);
  auto file = directory / "dev.toml";
  bool saved = fs::exists(file);
  auto plan = saved ? saved_plan(file) : new_plan(options);
  plan.directory = directory;
  if (!saved) save(plan);
  check_same(plan, options);
  require_free(plan.postgres_port, {"PostgreSQL", "PostgreSQL"});
  for (const auto& address : plan.brokers) require_free(port_of(address), {"ブローカー", "a broker"});
  return plan;
}

DevLock::DevLock(const fs::path& directory) {
  auto file = directory / "dev.lock";
  fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd_ < 0) throw Failure(Fault::permanent, fmt::format("{}: {}", file.string(), std::strerror(errno)));
  if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
  ::close(fd_);
  throw Failure(Fault::conflict,
                Text{"{}: 別の certfleet dev が動いています", "{}: another certfleet dev runs here"},
                directory.string());
}

DevLock::~DevLock() {
  ::close(fd_);
}

}  // namespace certfleet::cli
