// A whole installation of real processes in a private folder: a PostgreSQL cluster, certfleet init,
// schedulers, brokers and recording workers (worker/recording_worker.cpp). Each link between two of them
// passes through a proxy that can be cut. What a test does to it is done by name: "scheduler-1", "broker-2",
// "worker-3"; "postgres" is only the end of a link.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "lib/store/transaction.h"
#include "tests/faults/cluster.h"
#include "tests/faults/outside.h"
#include "tests/faults/proxy.h"
#include "tests/faults/task.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace certfleet::faults {

// For one thread; only enqueue(), live() and ended() are for any.
class House {
 public:
  struct Options {
    int schedulers = 2;
    int brokers = 2;
    int workers = 3;
    std::string worker_settings = short_life;  // lines of the section [worker]
    Cluster::Options cluster{};
    int outside_silent_one_in = 0;
    std::string worker_program = "recording-worker";
    std::string bin = CERTFLEET_BIN;                                  // where the programs are
    std::map<std::string, std::map<std::string, std::string>> env{};  // of a daemon, by name
  };
  // A worker that is gone costs a test two seconds, not fifteen.
  static constexpr const char* short_life = "slots = 4\nheartbeat_s = 1\nsession_life_s = 2\n";

  // Makes it and starts the database; the daemons wait for start_all().
  explicit House(Options options);
  ~House();
  House(const House&) = delete;
  House& operator=(const House&) = delete;

  // ---- Daemons, by name ----
  std::vector<std::string> daemons() const;                         // brokers, schedulers, workers
  std::vector<std::string> daemons(const std::string& kind) const;  // "worker": worker-1, …
  void start(const std::string& name);                              // does not wait until it is ready
  void start_all();                      // returns when one scheduler leads and each worker has a session
  void kill(const std::string& name);    // SIGKILL; returns when it is gone
  void drain(const std::string& name);   // SIGTERM; returns at once
  void freeze(const std::string& name);  // SIGSTOP, its children too
  void thaw(const std::string& name);
  int stop(const std::string& name,
           std::chrono::milliseconds limit = std::chrono::seconds(45));  // SIGTERM; exit code
  bool runs(const std::string& name) const;
  // Starts again what has ended, except by stop(): as systemd does.
  void revive();
  testing::Process& process(const std::string& name) { return *running_.at(name); }
  // Environment of its next start.
  void set_env(const std::string& name, std::map<std::string, std::string> env) {
    options_.env[name] = std::move(env);
  }
  std::filesystem::path config_file(const std::string& name) const { return folder_ / (name + ".toml"); }

  // ---- Links ----
  struct Link {
    std::string from, to;
    std::unique_ptr<Proxy> proxy;
  };
  const std::vector<Link>& links() const { return links_; }
  Proxy& link(const std::string& from, const std::string& to);
  void mend_all(bool forgotten = false);

  Cluster& postgres() { return *cluster_; }
  // A synchronous standby, of which all daemons know that start from now on.
  void add_standby();
  // The primary stops without a word, and the standby takes its place.
  void fail_over();
  // The primary goes on, but only reads, and the standby takes its place: what is connected stays so.
  void hand_over();
  Outside& outside() { return outside_; }

  // ---- Work ----
  // Enqueues jobs in one transaction with their causes, past all proxies. Failure as of Database::write.
  void enqueue(std::span<const Task> tasks);
  void enqueue(int count, Task::Recipe recipe = Task::Recipe::plain);
  std::int64_t next_id() { return next_id_++; }
  std::int64_t live();   // jobs that have not ended; -1 while the database is away
  std::int64_t ended();  // the others
  // Revives meanwhile, and cuts the waits between attempts short when nothing else is left.
  bool all_end_within(std::chrono::milliseconds limit);

  // ---- What is to be found wrong, in lines; none if all is well ----
  // Of the ledger at the end, of all that was acknowledged (ledger.h).
  std::vector<std::string> wrongs();
  // Daemons that ended as none should: aborted or crashed by themselves.
  const std::vector<std::string>& bad_ends() const { return bad_ends_; }
  // The last lines of each daemon and the database, for a test that failed.
  std::string tell() const;

  std::int64_t count(const std::string& select);  // one number from the database; -1 while it is away
  std::string sql(const std::string& statement) const { return cluster_->sql("certfleet", statement); }

 private:
  void write_configs();
  std::string dsn(const std::string& name, const std::string& role);
  unsigned short linked(const std::string& from, const std::string& to, unsigned short port);
  void promote_standby();
  void bury(const std::string& name);
  void hurry();

  Options options_;
  testing::TempDir folder_{"house"};
  std::unique_ptr<Cluster> cluster_;  // the primary
  std::unique_ptr<Cluster> standby_;  // after fail_over() the primary of before
  Outside outside_;
  std::vector<unsigned short> broker_ports_;
  std::vector<Link> links_;
  std::map<std::string, std::unique_ptr<testing::Process>> running_;
  std::map<std::string, std::string> past_;  // what processes of that name said that are gone
  std::set<std::string> stopped_;            // by stop(), or never started
  std::vector<std::string> bad_ends_;
  std::atomic<std::int64_t> next_id_{1};
  std::mutex mutex_;                       // guards the next two
  std::optional<store::Database> direct_;  // past all proxies
  std::vector<std::int64_t> acknowledged_;
};

}  // namespace certfleet::faults
