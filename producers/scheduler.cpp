#include "producers/scheduler.h"

#include "lib/base/error.h"
#include "lib/base/fault_point.h"
#include "lib/base/log.h"
#include "lib/store/jobs.h"

namespace certfleet::scheduler {
namespace {

constexpr std::int64_t leader_lock = 0x6c656164;  // "lead"
constexpr int duty_batch = 500;                   // rows of one duty's transaction
constexpr std::chrono::milliseconds longest_wait{200};
constexpr std::chrono::milliseconds lead_check{1000};

store::DatabaseSettings named(store::DatabaseSettings settings, const char* part) {
  settings.application += " ";
  settings.application += part;
  return settings;
}

}  // namespace

Scheduler::Scheduler(SchedulerSettings settings, std::vector<StartDue> due, std::unique_ptr<bus::Bus> bus,
                     const Clock& clock, Daemon& daemon)
    : settings_(std::move(settings)),
      due_(std::move(due)),
      bus_(std::move(bus)),
      clock_(clock),
      daemon_(daemon),
      leadership_(named(settings_.database, "leadership")),
      work_(named(settings_.database, "work")),
      jobs_(store::postgres_job_store(named(settings_.database, "jobs"))),
      presence_({"scheduler", std::nullopt}, clock),
      relay_(settings_.relay) {}

void Scheduler::run() {
  daemon_.ready();
  while (!daemon_.drain().stop_requested()) turn();
  leadership_.disconnect();  // lets another one lead at once
  presence_.leave(work_);
  bus_->bye("draining");
}

void Scheduler::turn() {
  try {
    leading_ ? lead() : try_to_lead();
    presence_.show(work_, leading_);
  } catch (const Failure& failure) {
    log::warn("{}", failure.what());
    step_down("the database is away");
  }
  auto wait = leading_ ? std::min(longest_wait, timetable_.until_next(clock_.now())) : longest_wait;
  // Without a socket to listen on there is only the drain to wait for.
  std::array fds = {daemon_.drain_fd(), leadership_.socket()};
  bus_->poll(wait, std::span(fds).first(leading_ && fds[1] >= 0 ? 2 : 1));
  daemon_.metrics().set("certfleet_scheduler_leading", leading_ ? 1 : 0);
  daemon_.alive();
}

void Scheduler::try_to_lead() {
  auto now = clock_.now();
  if (now - tried_ < settings_.stand_by) return;
  tried_ = now;
  if (!leadership_.try_advisory_lock(leader_lock)) return;
  leadership_.listen(store::jobs::channel);
  leading_ = true;
  relay_ = Relay(settings_.relay);
  timetable_.restart(now);
  log::info("leading");
}

void Scheduler::step_down(const char* why) {
  if (leading_) log::warn("no longer leading: {}", why);
  leading_ = false;
  leadership_.disconnect();
}

void Scheduler::lead() {
  hear();
  if (clock_.now() - checked_ >= lead_check) {
    // The lock lives as long as its connection: a question on it proves both.
    leadership_.write([](store::Tx&) {});
    checked_ = clock_.now();
  }
  for (Duty duty : all_duties) {
    if (!timetable_.due(duty, clock_.now())) continue;
    attempt(to_string(duty), [&] { perform(duty); });
    timetable_.done(duty, clock_.now());
    hear();
  }
  look();
}

void Scheduler::attempt(const char* what, const std::function<void()>& work) {
  try {
    work();
  } catch (const Failure& failure) {
    // Whoever loses the lead for one bad row would lose it again a second later, and with it all other duties.
    if (failure.transient()) throw;
    daemon_.metrics().add("certfleet_scheduler_refused_total", 1, {{"duty", what}});
    if (auto others = refused_.log_now(clock_.now()))
      log::error("{}: {} ({} more refusals since the last line)", what, failure.what(), *others);
  }
}

// Before anything else, and between any two things that ask the database: a person waits.
void Scheduler::hear() {
  std::vector<domain::JobRef> ready;
  for (const auto& [channel, notice] : leadership_.notifications()) {
    auto job = store::jobs::job_of_notice(notice);
    job ? ready.push_back(*job) : relay_.notified();
  }
  offer(std::move(ready));
}

void Scheduler::perform(Duty duty) {
  switch (duty) {
    case Duty::sweep: return sweep();
    case Duty::promote: return offer(jobs_->promote_due(duty_batch));
    case Duty::start_due: return start_due();
    case Duty::partitions: return work_.write([](store::Tx& tx) { store::jobs::ensure_partitions(tx); });
  }
}

void Scheduler::sweep() {
  auto swept = jobs_->sweep(duty_batch);
  auto back = swept.back.size() + swept.later.size();
  if (back > 0 || swept.dead > 0)
    log::warn("took back {} jobs of lost workers, {} more are dead", back, swept.dead);
  daemon_.metrics().add("certfleet_jobs_taken_back_total", static_cast<double>(back));
  daemon_.metrics().add("certfleet_jobs_dead_total", swept.dead);
  offer(std::move(swept.back));
}

void Scheduler::start_due() {
  for (const auto& start : due_) {
    attempt(to_string(Duty::start_due), [&] {
      offer(work_.writing([&](store::Tx& tx) {
        start(tx, duty_batch);
        return std::move(tx.ready_jobs());
      }));
    });
    hear();
  }
}

void Scheduler::offer(std::vector<domain::JobRef> refs) {
  auto fresh = relay_.became_ready(std::move(refs), clock_.now());
  if (fresh.empty()) return;
  FAULT_POINT("scheduler.offer.before");
  relay_.returned(bus_->offer(std::move(fresh)));
}

void Scheduler::look() {
  for (auto queue : domain::all_queues) {
    auto now = clock_.now();
    auto& pace = looks_.at(static_cast<std::size_t>(queue));
    if (!pace.due(now) || !relay_.wants_look(queue, bus_->room_to_offer(queue), now)) continue;
    auto refs = relay_.looked(queue, jobs_->ready_jobs(queue, relay_.scan_max()), now);
    pace.took(now, clock_.now());
    hear();
    if (!refs.empty()) relay_.returned(bus_->offer(std::move(refs)));
  }
}

}  // namespace certfleet::scheduler
