#include "tests/faults/chaos.h"

#include <fmt/format.h>
#include <signal.h>

#include <stdexcept>

#include "lib/base/error.h"
#include "tests/support/eventually.h"

namespace certfleet::faults {
namespace {

using namespace std::chrono_literals;
using Recipe = Task::Recipe;

constexpr std::size_t at_once_max = 3;
constexpr auto past_session_low = 2500ms;  // a session lives for two seconds here (House::short_life)
constexpr auto past_session_high = 5000ms;
constexpr auto taken_over_low = 3500ms;  // the scheduler's next look at lapsed sessions included
constexpr auto taken_over_high = 5500ms;
constexpr int keys = 3;

constexpr int in_hand = 150;  // jobs, so that no fault meets an idle worker

// Many are longer from the second time on: what a first attempt brings late finds the second one at work.
const std::vector<Recipe> recipes = {Recipe::plain,   Recipe::outside, Recipe::outside, Recipe::outside, Recipe::chain,
                                     Recipe::slow,    Recipe::longer,  Recipe::longer,  Recipe::longer,  Recipe::longer,
                                     Recipe::flaky,   Recipe::failing, Recipe::keyed,   Recipe::keyed};

}  // namespace

// More of what workers can suffer: they hold the jobs.
const std::vector<Chaos::Kind> Chaos::round = {Kind::worker,      Kind::worker,   Kind::other_daemon, Kind::worker_link,
                                               Kind::worker_link, Kind::any_link, Kind::database,     Kind::disk};

void Chaos::rage() {
  for (auto kind : dice_.shuffled(round)) {
    // One harm to the database at a time: a server whose disk is full can't be started again.
    while (database_harmed_ && (kind == Kind::database || kind == Kind::disk)) pass_time();
    feed();
    begin_one(kind, dice_.part());
    do pass_time();
    while (faults_.size() >= at_once_max);
  }
  while (!faults_.empty()) {
    feed();
    pass_time();
  }
  house_.mend_all();
  house_.revive();
  story_.push_back(fmt::format("{:5} ms: all healed", (Monotonic::now() - start_) / 1ms));
}

// Jobs in one transaction; while the database is away nobody can ask for any.
void Chaos::feed() {
  std::vector<Task> tasks;
  auto live = house_.live();
  for (int count = 10 + work_.below(40) + (live < in_hand ? in_hand : 0); count > 0; --count) {
    Task task{.id = house_.next_id(), .recipe = work_.of(recipes)};
    if (task.recipe == Recipe::keyed) task.key = fmt::format("key-{}", work_.below(keys));
    tasks.push_back(std::move(task));
  }
  try {
    house_.enqueue(tasks);
  } catch (const Failure& failure) {
    story_.push_back(fmt::format("         nothing enqueued: {}", failure.what()));
  }
}

void Chaos::begin_one(Kind kind, Dice dice) {
  switch (kind) {
    case Kind::worker: return harm_daemon("worker", dice);
    case Kind::other_daemon: return harm_daemon(dice.one_in(2) ? "broker" : "scheduler", dice);
    case Kind::worker_link: return harm_link(true, dice);
    case Kind::any_link: return harm_link(false, dice);
    case Kind::database: return harm_database(dice);
    case Kind::disk: return harm_disk(dice);
  }
}

void Chaos::begin(const std::string& what, std::chrono::milliseconds span, std::function<void()> heal) {
  auto now = Monotonic::now();
  story_.push_back(fmt::format("{:5} ms: {}, for {} ms", (now - start_) / 1ms, what, span.count()));
  faults_.push_back({now + span, std::move(heal)});
}

void Chaos::harm_daemon(const std::string& kind, Dice& dice) {
  auto name = dice.of(house_.daemons(kind));
  switch (dice.below(5)) {
    case 0:
    case 1:
      house_.kill(name);
      // Not started again before its time, so that what it leaves behind is found by others.
      return begin("kill " + name, dice.between(0ms, past_session_high), [] {});
    case 2:
    case 3:
      house_.freeze(name);
      return begin("freeze " + name, dice.between(past_session_low, past_session_high),
                   [this, name] { house_.thaw(name); });
    default:
      house_.drain(name);
      return begin("drain " + name + ", killed if it takes longer", dice.between(0ms, past_session_high),
                   [this, name] { house_.kill(name); });
  }
}

void Chaos::harm_link(bool of_worker, Dice& dice) {
  std::vector<const House::Link*> links;
  for (const auto& link : house_.links())
    if (!of_worker || (link.from.starts_with("worker") && link.to == "postgres")) links.push_back(&link);
  const auto& link = *dice.of(links);
  auto* proxy = link.proxy.get();
  auto name = link.from + " - " + link.to;
  switch (dice.below(of_worker ? 4 : 3)) {
    case 0:
      proxy->cut();
      return begin("cut " + name, dice.between(0ms, past_session_high), [proxy] { proxy->mend(); });
    case 1:
    case 3: {
      bool forgotten = dice.one_in(3);
      proxy->half_open();
      return begin(fmt::format("half-open {}, {}", name, forgotten ? "then forgotten" : "then what waited passes"),
                   dice.between(taken_over_low, taken_over_high), [proxy, forgotten] { proxy->mend(forgotten); });
    }
    default: {
      auto delay = dice.between(5ms, 400ms);
      proxy->slow(delay);
      return begin(fmt::format("slow {} by {} ms", name, delay.count()),
                   dice.between(1000ms, past_session_high), [proxy] { proxy->mend(); });
    }
  }
}

void Chaos::harm_database(Dice& dice) {
  auto span = dice.between(0ms, 3000ms);
  auto what = dice.below(3);
  auto victim = static_cast<std::size_t>(dice.below(1000));
  if (what == 0) {
    house_.postgres().stop_immediately();
    database_harmed_ = true;
    return begin("stop postgres immediately", span, [this] {
      house_.postgres().start();
      database_harmed_ = false;
    });
  }
  try {
    auto backends = house_.postgres().backends(what == 1 ? "recording-worker" : "");
    if (backends.empty()) return;
    auto pid = backends[victim % backends.size()];
    if (what == 1) {
      house_.postgres().sql("postgres", fmt::format("SELECT pg_terminate_backend({})", pid));
      return begin("terminate a worker's backend", 0ms, [] {});
    }
    // The server drops all sessions and recovers: it can't know what the dead one has left in shared memory.
    ::kill(pid, SIGKILL);
    begin("kill a backend", 0ms, [this] { house_.postgres().start(); });
  } catch (const std::runtime_error&) {
    story_.emplace_back("         the database still recovers");
  }
}

// To the last byte: tables can't grow. Where the log has no room either the server ends.
void Chaos::harm_disk(Dice& dice) {
  auto span = dice.between(500ms, 4000ms);
  bool log_too = dice.one_in(2);
  if (!house_.postgres().has_own_disk()) {
    story_.emplace_back("         left out, as it needs root: a full disk");
    return;
  }
  house_.postgres().fill_disk();
  if (log_too) house_.postgres().use_up_log();
  database_harmed_ = true;
  begin(log_too ? "no room for tables and log" : "no room for tables", span, [this] {
    house_.postgres().free_disk();
    database_harmed_ = false;
  });
}

void Chaos::heal_due(Instant now) {
  for (auto at = faults_.begin(); at != faults_.end();) {
    if (at->until > now) {
      ++at;
      continue;
    }
    auto heal = std::move(at->heal);
    at = faults_.erase(at);
    heal();
  }
}

// Until some jobs have ended, but not for long if none can.
void Chaos::pass_time() {
  auto enough = house_.ended() + 20 + pace_.below(40);
  testing::eventually(pace_.between(300ms, 1500ms), [&] {
    auto ended = house_.ended();
    return ended >= enough && ended >= 0;
  });
  heal_due(Monotonic::now());
  bool down = false;
  for (const auto& name : house_.daemons()) down = down || !house_.runs(name);
  // What was killed stays away for a while; then all are started, as long as the database is there to start
  // with.
  if (down && pace_.one_in(2)) house_.revive();
}

}  // namespace certfleet::faults
