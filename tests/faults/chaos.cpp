#include "tests/faults/chaos.h"

#include <fmt/format.h>
#include <signal.h>

#include "lib/base/error.h"
#include "tests/support/eventually.h"

namespace certfleet::faults {
namespace {

using namespace std::chrono_literals;
using Recipe = Task::Recipe;

constexpr std::size_t at_once_max = 3;
constexpr auto past_session_low = 2500ms;  // a session lives for two seconds here (House::short_life)
constexpr auto past_session_high = 5000ms;
constexpr int keys = 3;

const std::vector<Recipe> recipes = {Recipe::plain,   Recipe::plain, Recipe::outside, Recipe::outside,
                                     Recipe::outside, Recipe::chain, Recipe::slow,    Recipe::flaky,
                                     Recipe::failing, Recipe::keyed, Recipe::keyed};

}  // namespace

void Chaos::rage(int faults) {
  for (int i = 0; i < faults; ++i) {
    feed();
    begin_one();
    pass_time();
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
  for (int count = 10 + dice_.below(40); count > 0; --count) {
    Task task{.id = house_.next_id(), .recipe = dice_.of(recipes)};
    if (task.recipe == Recipe::keyed) task.key = fmt::format("key-{}", dice_.below(keys));
    tasks.push_back(std::move(task));
  }
  try {
    house_.enqueue(tasks);
  } catch (const Failure& failure) {
    story_.push_back(fmt::format("         nothing enqueued: {}", failure.what()));
  }
}

void Chaos::begin_one() {
  if (faults_.size() >= at_once_max) return;
  switch (dice_.below(8)) {
    case 0:
    case 1:
    case 2:
      return harm_daemon();
    case 3:
    case 4:
    case 5:
      return harm_link();
    default:
      return harm_database();
  }
}

void Chaos::begin(const std::string& what, std::chrono::milliseconds span, std::function<void()> heal) {
  auto now = Monotonic::now();
  story_.push_back(fmt::format("{:5} ms: {}, for {} ms", (now - start_) / 1ms, what, span.count()));
  faults_.push_back({now + span, std::move(heal)});
}

void Chaos::harm_daemon() {
  // Workers have more that can go wrong.
  auto name = dice_.of(house_.daemons(dice_.one_in(2) ? "worker" : dice_.one_in(2) ? "broker" : "scheduler"));
  if (dice_.one_in(2)) {
    house_.kill(name);
    // Not started again before its time, so that what it leaves behind is found by others.
    begin("kill " + name, dice_.between(0ms, past_session_high), [] {});
  } else {
    house_.freeze(name);
    begin("freeze " + name, dice_.between(past_session_low, past_session_high),
          [this, name] { house_.thaw(name); });
  }
}

void Chaos::harm_link() {
  const auto& link =
      house_.links().at(static_cast<std::size_t>(dice_.below(static_cast<int>(house_.links().size()))));
  auto* proxy = link.proxy.get();
  auto name = link.from + " - " + link.to;
  switch (dice_.below(3)) {
    case 0:
      proxy->cut();
      return begin("cut " + name, dice_.between(0ms, past_session_high), [proxy] { proxy->mend(); });
    case 1: {
      bool forgotten = dice_.one_in(2);
      proxy->half_open();
      return begin("half-open " + name, dice_.between(1000ms, past_session_high),
                   [proxy, forgotten] { proxy->mend(forgotten); });
    }
    default: {
      auto delay = dice_.between(5ms, 400ms);
      proxy->slow(delay);
      return begin(fmt::format("slow {} by {} ms", name, delay.count()),
                   dice_.between(1000ms, past_session_high), [proxy] { proxy->mend(); });
    }
  }
}

void Chaos::harm_database() {
  if (database_down_) return;
  auto span = dice_.between(0ms, 3000ms);
  auto victim = dice_.below(1000);
  switch (dice_.below(3)) {
    case 0:
      house_.postgres().stop_immediately();
      database_down_ = true;
      return begin("stop postgres immediately", span, [this] {
        house_.postgres().start();
        database_down_ = false;
      });
    case 1: {
      auto backends = house_.postgres().backends("recording-worker");
      if (backends.empty()) return;
      auto pid = backends[static_cast<std::size_t>(victim) % backends.size()];
      house_.postgres().sql("postgres", fmt::format("SELECT pg_terminate_backend({})", pid));
      return begin("terminate a worker's backend", 0ms, [] {});
    }
    default: {
      // The server drops all sessions and recovers: it can't know what the dead one has left in shared
      // memory.
      auto backends = house_.postgres().backends("");
      if (backends.empty()) return;
      ::kill(backends[static_cast<std::size_t>(victim) % backends.size()], SIGKILL);
      return begin("kill a backend", 0ms, [this] { house_.postgres().start(); });
    }
  }
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
  auto enough = house_.ended() + 20 + dice_.below(40);
  testing::eventually(dice_.between(300ms, 1500ms), [&] {
    auto ended = house_.ended();
    return ended >= enough && ended >= 0;
  });
  heal_due(Monotonic::now());
  bool down = false;
  for (const auto& name : house_.daemons()) down = down || !house_.runs(name);
  // What was killed stays away for a while; then all are started, as long as the database is there to start
  // with.
  if (down && dice_.one_in(2)) house_.revive();
}

}  // namespace certfleet::faults
