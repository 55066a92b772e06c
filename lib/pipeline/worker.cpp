#include "lib/pipeline/worker.h"

#include <fmt/format.h>
#include <unistd.h>

#include <random>
#include <unordered_set>

#include "lib/base/fault_point.h"
#include "lib/base/log.h"
#include "lib/bus/wakeup.h"

namespace certfleet::pipeline {
namespace {

constexpr std::chrono::milliseconds pause_without_database{250};

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

store::SessionInfo session_info(const WorkerSettings& settings, const Handlers& handlers) {
  store::SessionInfo info{settings.queue, settings.site, host_name(), static_cast<int>(::getpid()),
                          settings.limits.slots, {}, {}};
  for (const auto& handler : handlers) info.kinds.emplace_back(handler->kind());
  return info;
}

store::DatabaseSettings named(store::DatabaseSettings settings, std::string_view part) {
  settings.application += fmt::format(" {}", part);
  return settings;
}

// What the other threads tell the loop.
class Mailbox {
 public:
  struct News {
    std::vector<JobId> ended;
    int handed_back = 0;  // so many of them before they began
    std::vector<domain::JobRef> ready;
  };

  explicit Mailbox(bus::Wakeup& wakeup) : wakeup_(wakeup) {}

  void put(const std::vector<store::Finished>& ended, std::vector<domain::JobRef> ready) {
    {
      std::lock_guard lock(mutex_);
      for (const auto& job : ended) {
        news_.ended.push_back(job.id);
        news_.handed_back += job.begun ? 0 : 1;
      }
      news_.ready.insert(news_.ready.end(), ready.begin(), ready.end());
    }
    wakeup_.ring();
  }
  News take() {
    std::lock_guard lock(mutex_);
    return std::exchange(news_, {});
  }

 private:
  bus::Wakeup& wakeup_;
  std::mutex mutex_;  // guards news_
  News news_;
};

}  // namespace

struct Worker::Impl {
  WorkerSettings settings;
  Handlers handlers;
  std::unique_ptr<bus::Bus> bus;
  const Clock& clock;
  Daemon& daemon;

  bus::Wakeup wakeup;
  Mailbox mailbox{wakeup};
  std::atomic<std::size_t> held{0};  // jobs of which the completer has not yet heard the end
  std::unordered_set<JobId> known;   // the same, by id; the loop's own
  bool in_doubt = false;             // a claim was not answered: it may have claimed
  WorkerCore core;
  std::unique_ptr<store::JobStore> claims;
  Instant claims_after{};  // no claim before: the database was away
  Instant next_held_look{};
  Instant next_listen{};
  RunningJobs running;
  TraceWriter traces;
  Completer completer;
  SessionKeeper session;
  JobRunner runner;

  Impl(WorkerSettings s, Handlers h, std::unique_ptr<bus::Bus> b, const Clock& c, Daemon& d, double dice)
      : settings(std::move(s)),
        handlers(std::move(h)),
        bus(std::move(b)),
        clock(c),
        daemon(d),
        core(settings.limits, clock.now(), dice),
        claims(store::postgres_job_store(named(settings.database, "claims"))),
        traces(named(settings.database, "traces"), daemon.metrics()),
        completer(store::postgres_job_store(named(settings.database, "completer")), settings.completer,
                  daemon.metrics(), traces, [this] { return held.load(); },
                  [this](const std::vector<store::Finished>& ended, std::vector<domain::JobRef> ready) {
                    held -= ended.size();
                    mailbox.put(ended, std::move(ready));
                  }),
        session(store::postgres_job_store(named(settings.database, "session")), session_info(settings, handlers),
                settings.session, {[this] { running.stop_all(StopReason::session_lost); },
                                   [this](const std::vector<JobId>& ids) {
                                     for (auto id : ids) running.stop(id, StopReason::cancelled);
                                   }, settings.sealing_keys}),
        runner({handlers, running, traces, completer, daemon.metrics(), settings.database,
                [this](SessionId holder) { return session.sure(holder); },
                [this](std::vector<domain::JobRef> ready) { mailbox.put({}, std::move(ready)); }},
               settings.limits.slots) {}

  std::vector<domain::Job> ask_for(const WorkerCore::Next& next, SessionId holder) {
    if (in_doubt) {
      bus->offer(claims->release_unknown(holder, {known.begin(), known.end()}));
      in_doubt = false;
    }
    if (next.claim_ready > 0) return claims->claim_ready(holder, settings.queue, settings.site, next.claim_ready);
    return claims->claim_offered(holder, settings.queue, next.claim_offered);
  }

  void claim(const WorkerCore::Next& next) {
    std::vector<domain::Job> jobs;
    auto holder = session.current();
    auto began = clock.now();
    try {
      FAULT_POINT("claim.before");
      if (holder && clock.now() >= claims_after) jobs = ask_for(next, holder);
      if (!jobs.empty()) FAULT_POINT("claim.after");
    } catch (const Failure& failure) {
      log::warn("claiming: {}", failure.what());
      claims_after = clock.now() + pause_without_database;
      in_doubt = true;
    }
    const auto count = jobs.size();
    core.claimed(static_cast<int>(count), clock.now());
    held += count;
    for (const auto& job : jobs) known.insert(job.id);
    runner.add(std::move(jobs), began);
    daemon.metrics().add("certfleet_claims_total", 1, {{"way", next.claim_ready > 0 ? "direct" : "offered"}});
    daemon.metrics().add("certfleet_jobs_claimed_total", static_cast<double>(count));
  }

  // Passes on what has become ready; what no broker has room for waits in the database.
  void settle_mail() {
    auto news = mailbox.take();
    for (JobId id : news.ended) known.erase(id);
    if (news.handed_back > 0) core.handed_back(news.handed_back);
    int ran = static_cast<int>(news.ended.size()) - news.handed_back;
    if (ran > 0) core.ended(ran, clock.now());
    if (news.ready.empty()) return;
    FAULT_POINT("offer.before");
    bus->offer(std::move(news.ready));
  }

  // One worker of each queue and site hears of persons' jobs itself, and begins without the scheduler and a broker in
  // between. These offer the same jobs: what is lost here, or has no room here, comes by them.
  void hear() {
    auto now = clock.now();
    try {
      if (session.current() && now >= next_listen) {
        next_listen = now + settings.session.beat;
        claims->listen(settings.queue, settings.site);
      }
      std::vector<JobId> ids;
      for (const auto& ref : claims->heard()) ids.push_back(ref.id);
      if (session.current()) core.heard(ids, now);
    } catch (const Failure& failure) {
      log::warn("listening: {}", failure.what());
    }
    daemon.metrics().set("certfleet_worker_listening", claims->socket() >= 0 ? 1 : 0);
  }

  void turn() {
    auto next = core.next(clock.now());
    bool claiming = next.claim_ready > 0 || !next.claim_offered.empty();
    if (claiming) claim(next);
    bus->set_room(session.current() ? next.room : 0);
    std::array fds = {wakeup.fd(), daemon.drain_fd(), claims->socket()};
    auto events = bus->poll(claiming ? std::chrono::milliseconds(0) : next.wait,
                            std::span(fds).first(fds.back() >= 0 ? 3 : 2));
    wakeup.clear();
    hear();
    std::vector<JobId> ids;
    for (const auto& ref : events.offers) ids.push_back(ref.id);
    core.offered(ids, clock.now());
    settle_mail();
    if (auto now = clock.now(); now >= next_held_look) {
      next_held_look = now + settings.limits.held_max / 10;
      release(runner.hand_back(now - settings.limits.held_max));
    }
    daemon.alive();
  }

  void release(std::vector<domain::Job> jobs) {
    for (const auto& job : jobs) {
      store::Finished back;
      back.id = job.id;
      back.fence = job.fence;
      back.kind = job.kind;
      back.concurrency_key = job.concurrency_key;
      back.how = store::Finished::How::release;
      back.begun = false;
      completer.submit(std::move(back));
    }
  }

  void drain() {
    auto until = clock.now() + settings.drain_limit;
    core.drain();
    session.drain();
    bus->set_room(0);
    bus->bye("draining");
    FAULT_POINT("drain.before");
    release(runner.hand_back());
    claims.reset();  // so that another worker listens
    daemon.metrics().set("certfleet_worker_listening", 0);
    bool stopped = false;
    while (core.held() > 0) {
      if (!stopped && (clock.now() >= until || daemon.abandon().stop_requested())) {
        stopped = true;
        running.stop_all(StopReason::drain);
      }
      std::array fds = {wakeup.fd()};
      bus->poll(std::chrono::milliseconds(50), fds);
      wakeup.clear();
      settle_mail();
      daemon.alive();
    }
    FAULT_POINT("drain.after");
    log::info("drained");
  }
};

Worker::Worker(WorkerSettings settings, Handlers handlers, std::unique_ptr<bus::Bus> bus, const Clock& clock,
               Daemon& daemon) {
  double dice = std::uniform_real_distribution<double>(0, 1)(*std::make_unique<std::random_device>());
  impl_ = std::make_unique<Impl>(std::move(settings), std::move(handlers), std::move(bus), clock, daemon, dice);
}

Worker::~Worker() = default;

void Worker::run() {
  impl_->daemon.ready();
  while (!impl_->daemon.drain().stop_requested()) impl_->turn();
  impl_->drain();
}

}  // namespace certfleet::pipeline
