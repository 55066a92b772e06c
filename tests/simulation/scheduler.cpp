#include <fmt/format.h>

#include "lib/base/error.h"
#include "producers/relay.h"
#include "producers/timetable.h"
#include "tests/simulation/process.h"

namespace certfleet::simulation {
namespace {

class Scheduler final : public Process {
 public:
  Scheduler(World& world, const std::string& name)
      : Process(world, name),
        store_(world.open_store(name)),
        links_(world, name,
               {fmt::format("{}-{}", name, world.random.between(0, 1 << 30)), 0, bus::Role::scheduler, {}, {}, 64}) {
    wake_at(world_.now());
  }

  void receive(const std::string& path, const bus::Message& message) override {
    links_.receive(path, message);
    wake_at(world_.now());
  }

  void wake() override {
    links_.tick();
    // The lock is the database's; a frozen leader may have lost it and still do one turn as if it had not.
    if (leading_ || world_.leader.empty() || world_.leader == name()) lead();
    leading_ = world_.leader == name();
    auto next = leading_ ? world_.now() + std::max(timetable_.until_next(world_.now()), 1ms) : world_.now() + 1s;
    wake_at(std::min(next, links_.next()));
  }

 private:
  void lead() {
    if (!leading_ && world_.leader != name()) {
      world_.leader = name();
      timetable_.restart(world_.now());
    }
    try {
      for (auto duty : scheduler::all_duties) {
        if (!timetable_.due(duty, world_.now())) continue;
        perform(duty);
        timetable_.done(duty, world_.now());
      }
      look();
    } catch (const Failure&) {
      if (world_.leader == name()) world_.leader.clear();
    }
  }

  void perform(scheduler::Duty duty) {
    if (duty == scheduler::Duty::sweep) offer(store_->sweep(500).back);
    if (duty == scheduler::Duty::promote) offer(store_->promote_due(500));
  }

  void offer(std::vector<domain::JobRef> refs) {
    relay_.returned(links_.offer(relay_.became_ready(std::move(refs), world_.now())));
  }

  void look() {
    for (auto queue : {domain::Queue::apply, domain::Queue::verify}) {
      if (!relay_.wants_look(queue, links_.room_to_offer(queue), world_.now())) continue;
      auto refs = relay_.looked(queue, store_->ready_jobs(queue, relay_.scan_max()), world_.now());
      relay_.returned(links_.offer(std::move(refs)));
    }
  }

  std::unique_ptr<store::JobStore> store_;
  Links links_;
  scheduler::Relay relay_{scheduler::RelayLimits{}};
  scheduler::Timetable timetable_;
  bool leading_ = false;
};

}  // namespace

std::unique_ptr<Process> make_scheduler(World& world, const std::string& name) {
  return std::make_unique<Scheduler>(world, name);
}

}  // namespace certfleet::simulation
