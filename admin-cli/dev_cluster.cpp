#include "admin-cli/dev_cluster.h"

#include <fmt/format.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/pki/random.h"
#include "lib/pki/text.h"
#include "lib/store/dsn.h"

namespace certfleet::cli {
namespace {

namespace fs = std::filesystem;

constexpr int oldest_postgres = 15;
constexpr int newest_postgres = 18;
constexpr const char* owner = "certfleet_owner";

fs::path find_postgres() {
  for (int version = oldest_postgres; version <= newest_postgres; ++version) {
    fs::path bin = fmt::format("/usr/lib/postgresql/{}/bin", version);
    if (fs::exists(bin / "initdb")) return bin;
  }
  throw Failure(Fault::usage,
                Text{"PostgreSQL {0} がありません: /usr/lib/postgresql/{0}/bin/initdb がみつかりません",
                     "PostgreSQL {0} is not installed: there is no /usr/lib/postgresql/{0}/bin/initdb"},
                oldest_postgres);
}

// PostgreSQL refuses to run as root.
std::optional<User> unprivileged() {
  if (::geteuid() != 0) return std::nullopt;
  for (const auto* name : {"postgres", "nobody"})
    if (const auto* entry = ::getpwnam(name); entry != nullptr) return User{entry->pw_uid, entry->pw_gid};
  throw Failure(Fault::usage,
                Text{"データベースを動かす利用者 postgres も nobody もありません",
                     "there is neither a user postgres nor nobody for the database to run as"});
}

void make_private_folder(const fs::path& folder, const std::optional<User>& user) {
  auto refuse = [&](const char* why) {
    throw Failure(Fault::permanent, fmt::format("{}: {}", folder.string(), why));
  };
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) refuse(std::strerror(errno));
  if (user && ::lchown(folder.c_str(), user->first, user->second) != 0) refuse(std::strerror(errno));
  // Under /var/tmp somebody else may have made it before us.
  struct stat found {};
  auto expected = user ? user->first : ::geteuid();
  if (::lstat(folder.c_str(), &found) != 0 || !S_ISDIR(found.st_mode) || found.st_uid != expected)
    refuse("is not a folder of ours");
  if (::chmod(folder.c_str(), 0700) != 0) refuse(std::strerror(errno));
}

}  // namespace

DevCluster::DevCluster(const fs::path& directory, int port)
    : bin_(find_postgres()), passfile_(directory / "owner.pgpass"), port_(port), user_(unprivileged()) {
  folder_ = directory / "postgres";
  if (!user_ || fs::exists(folder_ / "data")) return;
  ::chmod(directory.c_str(), 0711);  // the database's user must pass through; what is inside is private
  if (!can_enter(user_, directory.string()))
    folder_ = "/var/tmp/certfleet-dev-" + pki::sha256_hex(directory.string()).substr(0, 16);
}

void DevCluster::ensure() {
  if (fs::exists(data() / "PG_VERSION")) {
    if (fs::exists(passfile_)) return;
    throw Failure(Fault::conflict,
                  Text{"{1} にクラスタがあるのに {0} がありません", "{0}: is missing, though there is a cluster in {1}"},
                  passfile_.string(), folder_.string());
  }
  make_private_folder(folder_, user_);
  // An interrupted initdb leaves a folder without its last file: begin anew.
  auto fresh = folder_ / "data.new";
  fs::remove_all(fresh);
  auto password = pki::random_password(32);
  auto password_file = folder_ / "password";
  write_file(password_file, std::string(password.view()) + "\n", 0600);
  if (user_ && ::chown(password_file.c_str(), user_->first, user_->second) != 0)
    throw Failure(Fault::permanent, fmt::format("{}: {}", password_file.string(), std::strerror(errno)));
  run_to_end({(bin_ / "initdb").string(), "-D", fresh.string(), "-U", owner, "--auth=scram-sha-256",
              "--pwfile=" + password_file.string(), "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"},
             user_);
  fs::remove(password_file);
  write_file(passfile_, store::dsn::passfile_line(owner, password.view()), 0600);
  fs::remove_all(data());
  fs::rename(fresh, data());
}

ChildSpec DevCluster::child() const {
  ChildSpec spec;
  spec.label = "postgres";
  // Loopback only, with passwords; no socket file, whose path may be too long.
  spec.argv = {(bin_ / "postgres").string(),
               "-D",
               data().string(),
               "-c",
               "listen_addresses=127.0.0.1",
               "-c",
               fmt::format("port={}", port_),
               "-c",
               "unix_socket_directories=",
               "-c",
               "log_line_prefix=",
               "-c",
               "log_min_messages=warning",
               "-c",
               "log_checkpoints=off",
               // Failed logins, for certfleet audit --logins. A week of files, by name of the day.
               "-c",
               "logging_collector=on",
               "-c",
               "log_destination=stderr,jsonlog",
               "-c",
               "log_filename=postgresql-%a.log",
               "-c",
               "log_truncate_on_rotation=on",
               "-c",
               "cluster_name=certfleet-dev"};
  // Who guesses passwords waits for each answer.
  if (fs::exists(bin_.parent_path() / "lib/auth_delay.so"))
    spec.argv.insert(spec.argv.end(),
                     {"-c", "shared_preload_libraries=auth_delay", "-c", "auth_delay.milliseconds=500"});
  spec.user = user_;
  spec.stop_signal = SIGINT;  // fast shutdown: does not wait for its clients
  return spec;
}

std::string DevCluster::dsn(const std::string& database) const {
  return store::dsn::for_user(
      fmt::format("host=127.0.0.1 port={} dbname={}", port_, database.empty() ? "postgres" : database), owner,
      passfile_);
}

}  // namespace certfleet::cli
