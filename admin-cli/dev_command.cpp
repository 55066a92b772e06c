// certfleet dev: the whole system on one machine, in the foreground.
#include <signal.h>
#include <unistd.h>

#include "admin-cli/commands.h"
#include "admin-cli/context.h"
#include "admin-cli/dev_cluster.h"
#include "admin-cli/dev_plan.h"
#include "admin-cli/init.h"
#include "admin-cli/nouns.h"
#include "lib/pki/random.h"
#include "lib/store/dev_database.h"
#include "lib/store/schema.h"

namespace certfleet::cli {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds start_limit{60};  // of the database, and of all daemons
constexpr seconds drain_limit{45};  // more than a worker's own drain
constexpr seconds postgres_limit{30};
constexpr milliseconds look{100};
constexpr const char* database_name = "certfleet";

struct Dev {
  DevOptions options;
};

// Turns until `done`; false if a stop was asked for before.
bool turn_until(Children& children, const char* what, const std::function<bool()>& done) {
  auto deadline = Deadline::in(start_limit);
  while (!done()) {
    if (children.stop_asked()) return false;
    if (auto ended = children.first_ended())
      throw Failure(Fault::permanent,
                    fmt::format("{} ended with exit code {} before it was ready: see its line above",
                                ended->first, ended->second));
    if (deadline.over())
      throw Failure(Fault::retry, fmt::format("{} not ready after {} s", what, start_limit.count()));
    children.turn(look);
  }
  return true;
}

bool answers(const std::string& dsn) {
  try {
    store::Database({dsn, "certfleet dev"}).connect();
    return true;
  } catch (const Failure&) {
    return false;
  }
}

InitPlan init_plan(const DevOptions& options, const DevPlan& plan, const DevCluster& cluster) {
  InitPlan init;
  init.owner_dsn = cluster.dsn(database_name);
  init.directory = plan.config_directory();
  init.company = options.company;
  init.site = options.site;
  init.group = options.group;
  init.admin = options.admin;
  init.time_zone = options.time_zone;
  init.language = options.language.value_or("ja");
  init.brokers = plan.brokers;
  init.http01_listen = plan.http01;
  return checked(std::move(init));
}

// The database and its schema, and the installation if there is none yet.
void prepare(const InitPlan& init, const DevCluster& cluster) {
  store::create_database(cluster.dsn(""), database_name);
  bool complete =
      fs::exists(init.directory / "certfleet.toml") && !fs::exists(init.directory / "init.incomplete");
  if (!complete) initialise(init, pki::random_password(24));
  store::Database database({init.owner_dsn, "certfleet dev", 600'000});
  store::migrate(database);
}

fs::path own_folder() {
  std::error_code error;
  auto self = fs::read_symlink("/proc/self/exe", error);
  if (error) throw Failure(Fault::permanent, fmt::format("/proc/self/exe: {}", error.message()));
  return self.parent_path();
}

// Before anything is started: what can't be started at the end must not be begun.
void require_daemons(const std::vector<std::string>& brokers) {
  auto folder = own_folder();
  for (const auto& daemon : daemons_of(brokers))
    if (::access((folder / daemon.executable).c_str(), X_OK) != 0)
      throw Failure(Fault::usage,
                    Text{"{}: このプログラムと同じ場所にありません", "{}: is missing beside this program"},
                    (folder / daemon.executable).string());
}

void start_daemons(Children& children, const InitPlan& init) {
  auto folder = own_folder();
  for (const auto& daemon : daemons_of(init.brokers)) {
    ChildSpec spec;
    spec.label = daemon.name;
    spec.argv = {(folder / daemon.executable).string(), "--config",
                 file_of(init, daemon.name, ".toml").string()};
    spec.stop_signal = SIGTERM;
    spec.tells_ready = true;
    children.start(std::move(spec));
  }
}

void announce(Context& context, const DevPlan& plan) {
  auto config = (plan.config_directory() / "certfleet.toml").string();
  if (context.options().json) {
    context.out().raw(json_line({{{"ready", {}, true},
                                  {"config", {}, config},
                                  {"pid", {}, static_cast<std::int64_t>(::getpid())},
                                  {"postgres_port", {}, plan.postgres_port},
                                  {"brokers", {}, plan.brokers},
                                  {"http01", {}, plan.http01}},
                                 {}}));
  } else {
    context.out().line(context.say({"準備完了。別の端末で: export CERTFLEET_CONFIG={}  (停止は Ctrl-C)",
                                    "ready. In another terminal: export CERTFLEET_CONFIG={}  (Ctrl-C stops)"},
                                   config));
  }
  context.out().flush();
}

void dev(Context& context, const Dev& a) {
  auto directory = dev_directory(a.options.directory);
  DevLock lock(directory);
  auto plan = plan_dev(a.options);
  require_daemons(plan.brokers);
  DevCluster cluster(plan.directory, plan.postgres_port);
  cluster.ensure();
  Children children(Terminal::of_errors());
  children.start(cluster.child());
  try {
    // Debian's server tells by itself; asking one that is not ready fills its log.
    auto ask_from = Monotonic::now() + seconds(5);
    bool going = turn_until(children, "PostgreSQL", [&] {
      return children.is_ready("postgres") || (Monotonic::now() > ask_from && answers(cluster.dsn("")));
    });
    if (going) {
      auto init = init_plan(a.options, plan, cluster);
      prepare(init, cluster);
      start_daemons(children, init);
      going = turn_until(children, "the daemons", [&] { return children.all_ready(); });
    }
    if (going) {
      announce(context, plan);
      children.restart_from_now_on(true);
      while (!children.stop_asked()) children.turn(seconds(60));
    }
  } catch (const Failure&) {
    children.stop_all_but("postgres", drain_limit);
    children.stop("postgres", postgres_limit);
    throw;
  }
  children.stop_all_but("postgres", drain_limit);
  children.stop("postgres", postgres_limit);
}

void declare(Verb& verb, Dev& a) {
  auto& o = a.options;
  verb.option(o.directory, "--directory", "DIR",
              {"データを置くフォルダー (~/.local/state/certfleet-dev)",
               "Folder for everything (~/.local/state/certfleet-dev)"})
      .option(o.brokers, "--brokers", "N", 1, 16, {"ブローカーの数 (1)", "How many brokers (1)"})
      .option(o.broker_port, "--broker-port", "PORT", 1, 65500,
              {"最初のブローカーのポート (9020)", "Port of the first broker (9020)"})
      .option(o.postgres_port, "--postgres-port", "PORT", 1, 65535,
              {"PostgreSQL のポート", "Port of PostgreSQL"})
      .option(o.http01, "--http01", "ADDRESS:PORT",
              {"http-01 の応答アドレス", "Where http-01 challenges are answered"})
      .option(o.company, "--company", "NAME", {"企業名", "Name of the company"})
      .option(o.site, "--site", "NAME", {"最初の拠点", "First site"})
      .option(o.group, "--group", "NAME", {"最初のグループ", "First user group"})
      .option(o.admin, "--admin", "MAIL", {"最初の管理者", "First administrator"})
      .option(o.time_zone, "--time-zone", "ZONE", {"タイムゾーン (UTC)", "Time zone (UTC)"})
      .choice(o.language, "--language", {"ja", "en"}, {"メールの言語 (ja)", "Language of mails (ja)"});
}

}  // namespace

void add_dev_command(Commands& commands) {
  commands.verb<Dev>(
      nullptr, "dev",
      {"全システムを1台で動かす (開発用)", "Run the whole system on this machine, in the foreground"},
      "certfleet dev --directory /tmp/certfleet --brokers 2", declare, dev);
}

}  // namespace certfleet::cli
