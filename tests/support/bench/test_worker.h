// A worker of one slot in the test's own thread: real jobs of a real database, claimed, concluded and
// completed as the pipeline does it, with a saboteur at every commit.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "lib/pipeline/conclude.h"
#include "lib/pipeline/handler.h"
#include "lib/store/job_store.h"
#include "tests/support/bench/saboteur.h"
#include "tests/support/database/database.h"

namespace certfleet::testing {

class TestWorker {
 public:
  // As the database role of that kind of worker: "certfleet_apply".
  TestWorker(const TestDatabase& database, domain::Queue queue, const std::string& role);

  // Claims the next job that is ready and runs it. What became of it; none if no job was ready, and after a
  // crash: its session has then lapsed, and the job was taken back.
  std::optional<store::Finished> run_one(pipeline::Handler& handler);
  // The same until no job of the queue lives; waits between attempts are cut short.
  void run_all(pipeline::Handler& handler);
  // What waits for its time is due.
  void hurry();

  Saboteur saboteur;
  std::stop_source stop;  // of all attempts
  pipeline::StopReason stop_reason = pipeline::StopReason::drain;

 private:
  void take_back();

  const TestDatabase& database_;
  domain::Queue queue_;
  store::DatabaseSettings settings_;
  std::unique_ptr<store::JobStore> store_;
  SessionId session_;
};

}  // namespace certfleet::testing
