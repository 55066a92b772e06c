#include "tests/faults/house.h"

#include <fmt/format.h>
#include <signal.h>

#include <pqxx/pqxx>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/bus/curve.h"
#include "lib/store/jobs.h"
#include "tests/faults/house_template.h"
#include "tests/faults/ledger.h"
#include "tests/support/eventually.h"
#include "tests/support/free_port.h"

namespace certfleet::faults {
namespace {

using namespace std::chrono_literals;
using testing::Process;

constexpr auto start_limit = 60s;
constexpr std::size_t told_max = 3000;

std::string kind_of(const std::string& name) {
  return name.substr(0, name.find('-'));
}

std::string tail(const std::string& text) {
  return text.size() > told_max ? "…" + text.substr(text.size() - told_max) : text;
}

// Ends of a daemon that its own code is to blame for: an aborted invariant, a crash, an unknown exception.
bool bad(int exit_code) {
  return exit_code == 128 + SIGABRT || exit_code == 128 + SIGSEGV || exit_code == 128 + SIGBUS ||
         exit_code == 128 + SIGILL || exit_code == 128 + SIGFPE;
}

}  // namespace

House::House(Options options)
    : options_(std::move(options)), outside_(options_.outside_silent_one_in) {
  options_.cluster.copy_of = house_template(options_.bin);
  cluster_ = std::make_unique<Cluster>(options_.cluster);
  copy_from_template(options_.cluster.copy_of, "init", folder_.path());
  if (options_.brokers > template_brokers) throw std::logic_error("keys for so many brokers are not made");
  for (int i = 0; i < options_.brokers; ++i) broker_ports_.push_back(testing::free_port());
  write_configs();
  direct_.emplace(store::DatabaseSettings{cluster_->dsn() + " dbname=certfleet", "house", 60'000});
  for (const auto& name : daemons()) stopped_.insert(name);
}

House::~House() {
  for (auto& [name, process] : running_) process->signal_group(SIGKILL);
  running_.clear();
}

std::vector<std::string> House::daemons(const std::string& kind) const {
  int count = kind == "worker" ? options_.workers : kind == "broker" ? options_.brokers : options_.schedulers;
  std::vector<std::string> names;
  for (int i = 1; i <= count; ++i) names.push_back(fmt::format("{}-{}", kind, i));
  return names;
}

std::vector<std::string> House::daemons() const {
  std::vector<std::string> names;
  for (const auto* kind : {"broker", "scheduler", "worker"})
    for (auto& name : daemons(kind)) names.push_back(std::move(name));
  return names;
}

unsigned short House::linked(const std::string& from, const std::string& to, unsigned short port) {
  links_.push_back({from, to, std::make_unique<Proxy>(port)});
  return links_.back().proxy->port();
}

std::string House::dsn(const std::string& name, const std::string& role) {
  auto passfile = kind_of(name) == "worker" ? "worker-verify" : kind_of(name);
  return fmt::format("host=127.0.0.1 port={} dbname=certfleet user={} passfile={}",
                     linked(name, "postgres", cluster_->port()), role,
                     (folder_ / "init" / (passfile + ".pgpass")).string());
}

// As certfleet init writes them, but each daemon with its own links.
void House::write_configs() {
  auto init = folder_ / "init";
  auto names = daemons("broker");
  auto curve = [&](std::size_t i) { return init / (names[i] + ".curve"); };
  std::map<std::string, std::string> texts;
  for (std::size_t i = 0; i < names.size(); ++i)
    texts[names[i]] = fmt::format(
        "listen = \"tcp://127.0.0.1:{}\"\ndatabase.dsn = \"{}\"\ncurve.secret_key_file = \"{}\"\n",
        broker_ports_[i], dsn(names[i], "certfleet_broker"), curve(i).string());
  for (const auto* kind : {"scheduler", "worker"}) {
    for (const auto& name : daemons(kind)) {
      std::string text = "brokers = [\n";
      for (std::size_t i = 0; i < names.size(); ++i)
        text += fmt::format("  \"tcp://127.0.0.1:{} {}\",\n", linked(name, names[i], broker_ports_[i]),
                            bus::KeyPair::load(curve(i)).public_key.text());
      bool worker = std::string_view(kind) == "worker";
      text += fmt::format("]\ndatabase.dsn = \"{}\"\ncurve.secret_key_file = \"{}\"\n",
                          dsn(name, worker ? "certfleet_verify" : "certfleet_scheduler"),
                          (init / (worker ? "worker-verify.curve" : "scheduler.curve")).string());
      if (worker && options_.worker_program == "recording-worker")
        text += fmt::format("outside.port = {}\n", outside_.port());
      if (worker) text += "[worker]\n" + options_.worker_settings;
      texts[name] = text;
    }
  }
  for (const auto& [name, text] : texts) write_file(config_file(name), text, 0600);
}

void House::add_standby() {
  standby_ = cluster_->standby();
  for (const auto& name : daemons()) {
    auto text = read_file(config_file(name));
    auto port = fmt::format("host=127.0.0.1 port={} ", link(name, "postgres").port());
    auto at = text.find(port);
    if (at == std::string::npos) throw std::logic_error(name + " has another database");
    text.replace(at, port.size(), fmt::format("host=127.0.0.1,127.0.0.1 port={},{} target_session_attrs=read-write ",
                                              link(name, "postgres").port(), standby_->port()));
    write_file(config_file(name), text, 0600);
  }
}

void House::fail_over() {
  cluster_->stop_immediately();
  promote_standby();
}

void House::hand_over() {
  cluster_->sql("postgres", "ALTER SYSTEM SET default_transaction_read_only = on");
  cluster_->sql("postgres", "SELECT pg_reload_conf()");
  // Whoever still writes waits for the standby, which must hear of it.
  bool reads_only = testing::eventually(20s, [&] {
    return cluster_->sql("postgres",
                         "SELECT current_setting('default_transaction_read_only') || ' ' || count(backend_xid)"
                         " FROM pg_stat_activity") == "on 0";
  });
  if (!reads_only) throw std::runtime_error("the primary still writes: " + cluster_->log());
  promote_standby();
}

void House::promote_standby() {
  standby_->promote();
  std::lock_guard lock(mutex_);
  std::swap(cluster_, standby_);
  direct_.emplace(store::DatabaseSettings{cluster_->dsn() + " dbname=certfleet", "house", 60'000});
}

void House::start(const std::string& name) {
  if (runs(name)) return;
  bury(name);
  auto kind = kind_of(name);
  testing::ProcessOptions process;
  process.env = options_.env[name];
  auto program = "/" + (kind == "worker" ? options_.worker_program : "certfleet-" + kind);
  running_[name] = std::make_unique<Process>(
      std::vector<std::string>{options_.bin + program, "--config", config_file(name).string()},
      std::move(process));
  stopped_.erase(name);
}

void House::start_all() {
  for (const auto& name : daemons("broker")) {
    start(name);
    if (!process(name).wait_for_line("listening on", start_limit))
      throw std::runtime_error(name + ": " + tell());
  }
  for (const auto* kind : {"scheduler", "worker"})
    for (const auto& name : daemons(kind)) start(name);
  for (const auto& name : daemons("worker"))
    if (!process(name).wait_for_line("opened", start_limit)) throw std::runtime_error(name + ": " + tell());
  bool leads = testing::eventually(start_limit, [&] {
    for (const auto& name : daemons("scheduler"))
      if (process(name).err().find("leading") != std::string::npos) return true;
    return daemons("scheduler").empty();
  });
  if (!leads) throw std::runtime_error("no scheduler leads: " + tell());
}

// Takes note of how it ended.
void House::bury(const std::string& name) {
  auto found = running_.find(name);
  if (found == running_.end() || found->second->running()) return;
  int code = found->second->exit_code().value();
  if (bad(code))
    bad_ends_.push_back(fmt::format("{} ended with {}: {}", name, code, tail(found->second->err())));
  past_[name] = tail(past_[name] + found->second->err() + fmt::format("(ended with {})\n", code));
  running_.erase(found);
}

bool House::runs(const std::string& name) const {
  auto found = running_.find(name);
  return found != running_.end() && found->second->running();
}

void House::kill(const std::string& name) {
  if (!runs(name)) return;
  process(name).signal_group(SIGKILL);
  process(name).wait(10s);
  bury(name);
}

void House::drain(const std::string& name) {
  if (runs(name)) process(name).signal(SIGTERM);
}

void House::freeze(const std::string& name) {
  if (runs(name)) process(name).signal_group(SIGSTOP);
}

void House::thaw(const std::string& name) {
  if (runs(name)) process(name).signal_group(SIGCONT);
}

int House::stop(const std::string& name, std::chrono::milliseconds limit) {
  stopped_.insert(name);
  process(name).signal(SIGTERM);
  auto code = process(name).wait(limit);
  if (!code) throw std::runtime_error(name + " does not end: " + tail(process(name).err()));
  bury(name);
  return *code;
}

void House::revive() {
  for (const auto& name : daemons())
    if (!stopped_.contains(name) && !runs(name)) start(name);
}

Proxy& House::link(const std::string& from, const std::string& to) {
  for (auto& each : links_)
    if (each.from == from && each.to == to) return *each.proxy;
  throw std::out_of_range("no link from " + from + " to " + to);
}

void House::mend_all(bool forgotten) {
  for (auto& each : links_) each.proxy->mend(forgotten);
}

void House::enqueue(std::span<const Task> tasks) {
  std::lock_guard lock(mutex_);
  direct_->write([&](store::Tx& tx) {
    std::vector<domain::NewJob> jobs;
    for (const auto& task : tasks) {
      tx.raw().exec_params0("INSERT INTO faults.task VALUES ($1, $2, $3)", task.id,
                            static_cast<int>(task.recipe), task.key);
      domain::NewJob job{.kind = "verify.node", .subject = task.id};
      job.concurrency_key = task.key;
      jobs.push_back(std::move(job));
    }
    store::jobs::enqueue(tx, jobs);
  });
  for (const auto& task : tasks) acknowledged_.push_back(task.id);
}

void House::enqueue(int count, Task::Recipe recipe) {
  std::vector<Task> tasks;
  for (int i = 0; i < count; ++i) tasks.push_back({.id = next_id(), .recipe = recipe});
  enqueue(tasks);
}

std::int64_t House::count(const std::string& select) {
  std::lock_guard lock(mutex_);
  try {
    return direct_->reading([&](store::Tx& tx) { return tx.raw().exec1(select)[0].as<std::int64_t>(); });
  } catch (const Failure& failure) {
    if (!failure.transient()) throw;
    return -1;
  }
}

std::int64_t House::live() {
  return count("SELECT count(*) FROM job");
}

std::int64_t House::ended() {
  return count("SELECT (SELECT count(*) FROM job_history) + (SELECT count(*) FROM job_dead)");
}

bool House::all_end_within(std::chrono::milliseconds limit) {
  return testing::eventually(limit, [&] {
    revive();
    auto left = live();
    if (left > 0 && count("SELECT count(*) FROM job WHERE job.state <> 'waiting'") == 0) hurry();
    return left == 0;
  });
}

void House::hurry() {
  std::lock_guard lock(mutex_);
  try {
    direct_->write([](store::Tx& tx) {
      tx.raw().exec("UPDATE job SET run_at = now() WHERE job.state = 'waiting' AND run_at > now()");
    });
  } catch (const Failure& failure) {
    if (!failure.transient()) throw;
  }
}

std::vector<std::string> House::wrongs() {
  for (const auto& name : daemons()) bury(name);
  std::lock_guard lock(mutex_);
  return check_ledger(*cluster_, outside_.acts(), acknowledged_);
}

std::string House::tell() const {
  std::string text;
  for (const auto& name : daemons()) {
    auto past = past_.find(name);
    auto now = running_.find(name);
    text += fmt::format("---- {}\n{}{}", name, past == past_.end() ? "" : past->second,
                        now == running_.end() ? "" : tail(now->second->err()));
  }
  return text + "---- postgres\n" + tail(cluster_->log());
}

}  // namespace certfleet::faults
