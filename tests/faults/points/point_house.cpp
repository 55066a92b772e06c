#include "tests/faults/points/point_house.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "lib/base/file.h"
#include "lib/bus/curve.h"
#include "lib/store/job_store.h"
#include "lib/store/peers.h"
#include "tests/support/eventually.h"

namespace certfleet::faults {
namespace {

using namespace std::chrono_literals;
using testing::eventually;
using testing::Process;

constexpr auto soon = 30s;

std::string program_of(domain::Queue queue) { return fmt::format("certfleet-worker-{}", to_string(queue)); }
std::string released(const std::string& program) { return CERTFLEET_BIN "/" + program; }
std::string twin_of(const std::string& program) { return CERTFLEET_TWINS "/" + program + "-faults"; }

}  // namespace

PointHouse::PointHouse(const testing::TestDatabase& database, const pki::SealingKey& sealing_key)
    : database_(database) {
  write_file(folder_ / "sealing.key", sealing_key.to_file_text().view(), 0600);
  auto key = enrolled("broker", "broker", "");
  enrolled("scheduler", "scheduler", "");
  for (auto queue : domain::all_queues) {
    std::string word(to_string(queue));
    enrolled(word, "worker", word);
  }
  auto& broker = start("broker", "broker", released("certfleet-broker"),
                       fmt::format("listen = \"tcp://127.0.0.1:*\"\n[database]\ndsn = \"{}\"\n",
                                   database_.settings_as("certfleet_broker").dsn));
  EXPECT_TRUE(broker.wait_for_line("listening on ", soon)) << broker.err();
  auto log = broker.err();
  auto begin = log.find("listening on ") + 13;
  broker_line_ = log.substr(begin, log.find(',', begin) - begin) + " " + key;
}

PointHouse::~PointHouse() {
  if (::testing::Test::HasFailure())
    for (const auto& [name, process] : processes_)
      std::fprintf(stderr, "== %s\n%s", name.c_str(), process->err().c_str());
  for (const auto& [name, process] : processes_) process->signal(SIGKILL);  // also the frozen
}

std::string PointHouse::enrolled(const std::string& name, const std::string& role, const std::string& queue) {
  auto keys = bus::KeyPair::generate();
  keys.save(folder_ / (name + ".curve"));
  store::peers::Peer peer;
  peer.name = name;
  peer.role = *store::peers::role_from(role);
  peer.queue = domain::queue_from(queue);
  peer.public_key = keys.public_key.text();
  store::Database owner(database_.settings());
  owner.write([&](store::Tx& tx) { store::peers::enroll(tx, peer); });
  return keys.public_key.text();
}

Process& PointHouse::start(const std::string& name, const std::string& key, const std::string& program,
                           const std::string& toml) {
  auto file = folder_ / (name + ".toml");
  write_file(file, fmt::format("{}[health]\nlisten = \"\"\n[curve]\nsecret_key_file = \"{}.curve\"\n", toml, key),
             0600);
  testing::ProcessOptions options;
  options.env["CERTFLEET_FAULTS"] = points_.folder();
  auto& process = processes_[name];
  process = std::make_unique<Process>(std::vector<std::string>{program, "--config", file.string()}, options);
  return *process;
}

std::string PointHouse::worker_toml(domain::Queue queue) const {
  auto word = std::string(to_string(queue));
  auto toml = fmt::format("brokers = [\"{}\"]\n[database]\ndsn = \"{}\"\n[worker]\nslots = 1\nheartbeat_s = 1\n",
                          broker_line_, database_.settings_as("certfleet_" + word).dsn);
  bool opens = queue == domain::Queue::order || queue == domain::Queue::apply || queue == domain::Queue::mail;
  if (opens) toml += "[sealing]\nkey_files = [\"sealing.key\"]\n";
  if (queue == domain::Queue::order) toml += "[http01]\nlisten = \"\"\n";
  return toml;
}

Process& PointHouse::start_worker(domain::Queue queue) {
  auto name = fmt::format("{}-{}", to_string(queue), ++count_);
  return start(name, std::string(to_string(queue)), released(program_of(queue)), worker_toml(queue));
}

Process& PointHouse::start_twin(domain::Queue queue) {
  auto name = fmt::format("{}-{}-twin", to_string(queue), ++count_);
  return start(name, std::string(to_string(queue)), twin_of(program_of(queue)), worker_toml(queue));
}

Process& PointHouse::start_scheduler(bool twin) {
  auto name = fmt::format("scheduler-{}", ++count_);
  return start(name, "scheduler", twin ? twin_of("certfleet-scheduler") : released("certfleet-scheduler"),
               fmt::format("brokers = [\"{}\"]\n[database]\ndsn = \"{}\"\n", broker_line_,
                           database_.settings_as("certfleet_scheduler").dsn));
}

void PointHouse::stop_workers(domain::Queue queue) {
  std::erase_if(processes_, [&](const auto& entry) {
    if (!entry.first.starts_with(std::string(to_string(queue)) + "-")) return false;
    if (entry.second->running()) {
      EXPECT_EQ(entry.second->stop(), 0) << entry.first << ": " << entry.second->err();
    }
    return true;
  });
}

testing::Finished PointHouse::certfleet(std::vector<std::string> words) const {
  write_file(folder_ / "certfleet.toml", fmt::format("[database]\ndsn = \"{}\"\n", database_.settings().dsn), 0600);
  words.insert(words.begin(), released("certfleet"));
  testing::ProcessOptions options;
  options.env = {{"CERTFLEET_CONFIG", (folder_ / "certfleet.toml").string()}, {"LC_ALL", "C.UTF-8"}};
  return testing::run(std::move(words), std::move(options));
}

Process& PointHouse::with_pid(pid_t pid) {
  for (const auto& [name, process] : processes_)
    if (process->pid() == pid) return *process;
  throw std::out_of_range("no process of this house");
}

void PointHouse::lapse(pid_t pid) const {
  sql(fmt::format("UPDATE session SET expires_at = now() - interval '2 s' WHERE pid = {}", pid));
  auto store = store::postgres_job_store(database_.settings_as("certfleet_scheduler"));
  store->sweep(100);
  sql("UPDATE job SET run_at = now() WHERE job.state = 'waiting' AND crashes > 0");  // which waits a while
  store->promote_due(100);
}

void PointHouse::kill_at(domain::Queue queue, const std::vector<std::string>& points,
                         const std::function<void(const std::string&)>& sound) {
  auto before = points_.reached().size();
  for (const auto& point : points) points_.arm(point, "kill");
  for (std::size_t i = 0; i <= points.size(); ++i) start_twin(queue);
  for (std::size_t i = 0; i < points.size(); ++i) {
    auto reached = points_.wait_for(before + i, soon);
    ASSERT_EQ(reached.point, points[i]) << "reached instead";
    ASSERT_EQ(with_pid(reached.pid).wait(soon), 128 + SIGKILL);
    sound(reached.point);
    lapse(reached.pid);
  }
}

void PointHouse::freeze_at(domain::Queue queue, const std::string& point, const std::function<bool()>& is_done) {
  auto before = points_.reached().size();
  points_.arm(point, "stop");
  auto& frozen = start_twin(queue);
  auto reached = points_.wait_for(before, soon);
  ASSERT_EQ(reached.pid, frozen.pid()) << point << ": " << frozen.err();
  lapse(reached.pid);
  start_worker(queue);
  EXPECT_TRUE(eventually(soon, is_done)) << "nobody goes on after " << point;
  frozen.signal(SIGCONT);
  EXPECT_TRUE(frozen.wait_for_line("lost; stopping what runs", soon)) << frozen.err();
  EXPECT_EQ(frozen.stop(), 0) << frozen.err();
}

bool PointHouse::eventually_is(const std::string& statement, const std::string& value) {
  std::string last;
  if (eventually(soon, [&] { return (last = sql(statement)) == value; })) return true;
  ADD_FAILURE() << statement << " is " << last;
  return false;
}

void PointHouse::expect_ended_once(std::int64_t subject, const std::string& kind) {
  auto which = fmt::format("kind = '{}' AND subject_id = {}", kind, subject);
  eventually_is("SELECT count(*) FROM job WHERE " + which, "0");
  EXPECT_EQ(sql("SELECT string_agg(outcome::text, ' ') FROM job_history WHERE " + which), "done");
  EXPECT_EQ(sql("SELECT count(*) FROM job_dead WHERE " + which), "0");
}

}  // namespace certfleet::faults
