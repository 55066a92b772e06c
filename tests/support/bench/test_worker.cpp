#include "tests/support/bench/test_worker.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "lib/store/traces.h"

namespace certfleet::testing {
namespace {

using pipeline::Outcome;

class WatchedContext final : public pipeline::Context {
 public:
  WatchedContext(const domain::Job& job, store::JobStore& store, store::DatabaseSettings settings,
                 Saboteur& saboteur, std::stop_token stop)
      : job_(job),
        store_(store),
        traces_(std::move(settings)),
        saboteur_(saboteur),
        stop_(std::move(stop)),
        deadline_(Deadline::in(job.time_limit)) {}

  Deadline deadline() const override { return deadline_; }
  std::stop_token stop() const override { return stop_; }
  void trace(trace::Line line) override {
    line.request_no = job_.request_no;
    store::traces::Stored stored{0, std::move(line), job_.service, job_.node, job_.id};
    traces_.write([&](store::Tx& tx) { store::traces::add(tx, std::span(&stored, 1)); });
  }
  void read(const pipeline::Write& body) override { store_.read(body); }
  void commit(const pipeline::Write& body) override {
    saboteur_.step("before a commit");
    store_.commit_guarded(job_.id, job_.fence, body);
    saboteur_.step("after a commit");
  }

 private:
  const domain::Job& job_;
  store::JobStore& store_;
  store::Database traces_;
  Saboteur& saboteur_;
  std::stop_token stop_;
  Deadline deadline_;
};

// As the pipeline runs a handler.
Outcome attempt(pipeline::Handler& handler, const domain::Job& job, pipeline::Context& context) {
  try {
    return pipeline::is_run(job, handler) ? handler.run(job, context) : Outcome::cancelled();
  } catch (const Failure& failure) {
    return failure.transient() || failure.fault() == Fault::stale ? Outcome::retry(failure)
                                                                  : Outcome::failed(failure);
  }
}

}  // namespace

TestWorker::TestWorker(const TestDatabase& database, domain::Queue queue, const std::string& role)
    : database_(database),
      queue_(queue),
      settings_(database.settings_as(role)),
      store_(store::postgres_job_store(settings_)),
      session_(store_->open_session({queue, {}, "test", 1, 1}, std::chrono::minutes(30))) {}

std::optional<store::Finished> TestWorker::run_one(pipeline::Handler& handler) {
  auto jobs = store_->claim_ready(session_, queue_, {}, 1);
  if (jobs.empty()) return std::nullopt;
  const auto& job = jobs.front();
  try {
    WatchedContext context(job, *store_, settings_, saboteur, stop.get_token());
    auto outcome = attempt(handler, job, context);
    auto stopped = stop.stop_requested() ? stop_reason : pipeline::StopReason::none;
    auto finished = pipeline::conclude(job, std::move(outcome), stopped, 0, handler);
    auto completed = store_->complete({finished});
    EXPECT_TRUE(completed.refused.empty()) << job.kind << ": its writes were refused";
    return finished;
  } catch (const Crash&) {
    take_back();
    return std::nullopt;
  }
}

void TestWorker::take_back() {
  database_.sql(
      fmt::format("UPDATE session SET expires_at = now() - interval '1 s' WHERE id = {}", session_.value()));
  auto scheduler = store::postgres_job_store(database_.settings_as("certfleet_scheduler"));
  EXPECT_EQ(scheduler->sweep(10).back.size(), 1U);
  session_ = store_->open_session({queue_, {}, "test", 1, 1}, std::chrono::minutes(30));
}

void TestWorker::hurry() {
  database_.sql(fmt::format("UPDATE job SET run_at = now() WHERE job.state = 'waiting' AND queue = '{}'",
                            to_string(queue_)));
  store_->promote_due(10);
}

void TestWorker::run_all(pipeline::Handler& handler) {
  constexpr int turns_max = 60;
  for (int turn = 0; turn < turns_max; ++turn) {
    if (run_one(handler)) continue;
    if (database_.sql(fmt::format("SELECT count(*) FROM job WHERE queue = '{}'", to_string(queue_))) == "0")
      return;
    hurry();
  }
  ADD_FAILURE() << "the jobs did not come to their end";
}

}  // namespace certfleet::testing
