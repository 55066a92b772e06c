#include "tests/faults/cluster.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "tests/faults/house_template.h"
#include "tests/support/eventually.h"
#include "tests/support/free_port.h"

namespace certfleet::faults {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::Process;

constexpr auto start_limit = 60s;  // recovery included

bool is_root() {
  return ::geteuid() == 0;
}

std::string newest_bin() {
  std::string newest;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql"))
    newest = std::max(newest, (entry.path() / "bin").string());
  return newest;
}

std::string good(std::vector<std::string> argv) {
  auto words = fmt::format("{}", fmt::join(argv, " "));
  auto ran = testing::run(std::move(argv));
  if (ran.exit_code != 0) throw std::runtime_error(words + ": " + ran.err + ran.out);
  return ran.out;
}

}  // namespace

std::unique_ptr<Cluster> Cluster::standby() const {
  std::unique_ptr<Cluster> other(new Cluster(settings_));
  other->make_place();
  good(other->as_server({bin_ + "/pg_basebackup", "-D", (other->folder_ / "server" / "data").string(), "-R", "-X",
                         "stream", "-c", "fast", "--no-sync", "-d", dsn()}));
  other->start();
  sql("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'");
  sql("postgres", "SELECT pg_reload_conf()");
  bool follows = testing::eventually(start_limit, [&] {
    return sql("postgres", "SELECT string_agg(sync_state, '') FROM pg_stat_replication") == "sync";
  });
  if (!follows) throw std::runtime_error("the standby does not follow: " + other->log());
  return other;
}

Cluster::Cluster(std::map<std::string, std::string> settings)
    : settings_(std::move(settings)), bin_(newest_bin()), port_(testing::free_port()) {
  fs::create_directory(folder_ / "server");
}

Cluster::Cluster(const Options& options) : Cluster(options.settings) {
  auto place = folder_ / "server";
  if (options.disk_mb > 0) {
    disk_ = std::make_unique<Process>(std::vector<std::string>{
        "unshare", "--mount", "--propagation", "private", "sh", "-c",
        fmt::format("mount -t tmpfs -o size={}m,mode=0711 tmpfs {} && echo mounted && exec sleep infinity",
                    options.disk_mb, place.string())});
    if (!disk_->wait_for_line("mounted", 10s)) throw std::runtime_error("no disk: " + disk_->err());
  }
  make_place();
  if (options.copy_of.empty())
    good(as_server({bin_ + "/initdb", "--no-sync", "--no-instructions", "-D", (place / "data").string(), "-U",
                    "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--auth-local=trust",
                    "--auth-host=scram-sha-256", "--pwfile=" + (folder_ / "password").string()}));
  else
    copy_from_template(options.copy_of, "data", seen(place));
  start();
}

void Cluster::make_place() {
  auto place = folder_ / "server";
  write_file(folder_ / "password", superuser_password, 0644);
  write_file(folder_ / "pgpass", fmt::format("127.0.0.1:*:*:postgres:{}\n", superuser_password), 0600);
  for (const auto* name : {"data", "run"}) {
    fs::create_directory(seen(place / name));
    ::chmod(seen(place / name).c_str(), 0700);
  }
  if (is_root())
    good({"chown", "postgres:postgres", seen(place / "data").string(), seen(place / "run").string()});
}

Cluster::~Cluster() {
  if (runs()) stop_immediately();
}

// As the server's own user, where its disk is.
std::vector<std::string> Cluster::as_server(std::vector<std::string> argv) const {
  std::vector<std::string> words;
  if (disk_ != nullptr)  // with its root, which may be a changed one
    words = {"nsenter", "--mount", "--root", "--target", std::to_string(disk_->pid()), "--wd=/"};
  if (is_root())
    for (const auto* word :
         {"setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--pdeathsig=QUIT", "--"})
      words.emplace_back(word);
  words.insert(words.end(), argv.begin(), argv.end());
  return words;
}

// What lies on the disk of its own is seen through the process that holds it.
fs::path Cluster::seen(const fs::path& path) const {
  if (disk_ == nullptr) return path;
  return fs::path(fmt::format("/proc/{}/root", disk_->pid())) / path.relative_path();
}

std::string Cluster::dsn() const {
  return fmt::format("host={} port={} user=postgres", seen(folder_ / "server" / "run").string(), port_);
}

std::string Cluster::tcp_dsn() const {
  return fmt::format("host=127.0.0.1 port={} user=postgres passfile={}", port_,
                     (folder_ / "pgpass").string());
}

void Cluster::start() {
  if (!try_start(start_limit)) throw std::runtime_error("no answer from PostgreSQL: " + log());
}

bool Cluster::try_start(std::chrono::milliseconds limit) {
  if (!runs()) {
    auto place = folder_ / "server";
    std::map<std::string, std::string> settings = {{"listen_addresses", "127.0.0.1"},
                                                   {"port", std::to_string(port_)},
                                                   {"unix_socket_directories", (place / "run").string()},
                                                   {"unix_socket_permissions", "0700"},
                                                   {"max_connections", "100"},
                                                   {"shared_buffers", "32MB"},
                                                   {"fsync", "on"},
                                                   {"synchronous_commit", "on"},
                                                   {"restart_after_crash", "on"},
                                                   {"log_line_prefix", "%m [%p] %q%a "},
                                                   {"password_encryption", "scram-sha-256"}};
    for (const auto& [name, value] : settings_) settings[name] = value;
    std::vector<std::string> argv = {bin_ + "/postgres", "-D", (place / "data").string()};
    for (const auto& [name, value] : settings) argv.insert(argv.end(), {"-c", name + "=" + value});
    testing::ProcessOptions options;
    options.directory = "/";
    server_ = std::make_unique<Process>(as_server(std::move(argv)), options);
  }
  testing::eventually(limit, [&] {
    if (!runs()) return true;
    auto asked = testing::run({bin_ + "/pg_isready", "-q", "-h", seen(folder_ / "server" / "run").string(),
                               "-p", std::to_string(port_), "-U", "postgres"});
    return asked.exit_code == 0;
  });
  if (!runs()) return false;
  return testing::run({bin_ + "/psql", "-XAtq", "-d", dsn() + " dbname=postgres", "-c", "SELECT 1"})
             .exit_code == 0;
}

void Cluster::stop_immediately() {
  server_->signal(SIGQUIT);
  if (!server_->wait(20s)) throw std::runtime_error("PostgreSQL does not end: " + log());
}

void Cluster::stop_fast() {
  server_->signal(SIGINT);
  if (!server_->wait(60s)) throw std::runtime_error("PostgreSQL does not end: " + log());
}

void Cluster::restart_immediately() {
  stop_immediately();
  start();
}

void Cluster::promote() {
  if (sql("postgres", "SELECT pg_promote()") != "t") throw std::runtime_error("no promotion: " + log());
}

std::vector<pid_t> Cluster::backends(const std::string& application) const {
  std::istringstream lines(
      good({bin_ + "/psql", "-XAtq", "-d", dsn() + " dbname=postgres", "-c",
            fmt::format("SELECT pid FROM pg_stat_activity WHERE application_name LIKE '{}%'"
                        " AND pid <> pg_backend_pid() ORDER BY pid",
                        application)}));
  std::vector<pid_t> pids;
  for (pid_t pid = 0; lines >> pid;) pids.push_back(pid);
  return pids;
}

void Cluster::fill_disk() {
  auto file = seen(folder_ / "server" / "ballast");
  int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), file.string());
  std::string block(1 << 16, 'x');
  for (std::size_t size = block.size(); size > 0;) {
    if (::write(fd, block.data(), size) < 0) size /= 2;  // to the last byte
  }
  ::close(fd);
}

void Cluster::use_up_log() {
  // More than max_wal_size of whoever wants this.
  testing::run({bin_ + "/psql", "-XAtq", "-d", dsn() + " dbname=postgres", "-c",
                "SELECT pg_logical_emit_message(false, 'fill', repeat('x', 1000000)) FROM generate_series(1, 500)"});
}

void Cluster::free_disk() {
  fs::remove(seen(folder_ / "server" / "ballast"));
  if (!try_start(start_limit)) start();  // it may just have been ending
}

std::string Cluster::sql(const std::string& database, const std::string& statement) const {
  auto text = good({bin_ + "/psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", dsn() + " dbname=" + database,
                    "-c", statement});
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::string Cluster::log() const {
  auto text = server_ == nullptr ? "" : server_->err();
  return text.size() > 4000 ? text.substr(text.size() - 4000) : text;
}

}  // namespace certfleet::faults
