#include "admin-cli/job_explanation.h"

#include <gtest/gtest.h>

#include "admin-cli/span.h"

namespace certfleet::cli {
namespace {

using namespace std::chrono_literals;
using store::job_views::Standing;

class JobExplanation : public ::testing::Test {
 protected:
  JobExplanation() {
    job.now = WallTime(std::chrono::hours(24 * 20'000));
    job.row.id = JobId(4711);
    job.row.kind = "apply.run";
    job.row.queue = "apply";
    job.row.run_at = job.now - 1s;
    job.attempts_max = 3;
    job.workers = {2, 2, 2};
    job.scheduler_leads = true;
  }

  // Tells it as that state; all sentences in one line.
  std::string tell(const char* state) {
    job.row.state = state;
    auto english = explain(job, Language::en);
    auto japanese = explain(job, Language::ja);
    EXPECT_EQ(english.sentences.size(), japanese.sentences.size());
    EXPECT_EQ(english.reason, japanese.reason);
    reason = english.reason;
    std::string all;
    for (const auto& sentence : english.sentences) all += sentence + "\n";
    return all;
  }
  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  Standing job;
  std::string reason;
};

TEST_F(JobExplanation, a_failed_attempt_waits_and_says_until_when_and_why) {
  job.row.run_at = job.now + 90s;
  job.row.attempts_failed = 2;
  job.row.error = "login refused";
  auto text = tell("waiting");
  EXPECT_EQ(reason, "time");
  EXPECT_TRUE(has(text, "next attempt")) << text;
  EXPECT_TRUE(has(text, "1 min 30 s")) << text;
  EXPECT_TRUE(has(text, "Of 3 attempts 2 failed, the last one with: login refused")) << text;
}

TEST_F(JobExplanation, a_key_is_waited_for_with_its_holder_named) {
  job.concurrency_key = "access:3";
  job.before_it = 4;
  job.holder = {JobId(12), "apply.run", "running", "web 77", job.now - 30s};
  auto text = tell("waiting");
  EXPECT_EQ(reason, "key");
  EXPECT_TRUE(has(text, "access:3, which job 12 (apply.run) holds: it runs on web 77")) << text;
  EXPECT_TRUE(has(text, "for 30 s")) << text;
  EXPECT_TRUE(has(text, "go first: 4")) << text;
}

TEST_F(JobExplanation, a_limit_is_waited_for_only_while_it_is_full) {
  job.limit_key = "site:1/apply";
  job.limit = {"tokyo", 2, std::nullopt, 2};
  auto text = tell("waiting");
  EXPECT_EQ(reason, "limit");
  EXPECT_TRUE(has(text, "limit of tokyo: 2 jobs at once, and 2 hold it now")) << text;
  job.limit->held = 1;
  tell("waiting");
  EXPECT_EQ(reason, "due");
  job.limit = {"tokyo", std::nullopt, 60, 0};
  EXPECT_TRUE(has(tell("waiting"), "60 jobs a minute"));
}

TEST_F(JobExplanation, without_a_leader_nothing_becomes_ready_and_it_says_so) {
  EXPECT_FALSE(has(tell("waiting"), "no scheduler leads"));
  job.scheduler_leads = false;
  EXPECT_TRUE(has(tell("waiting"), "no scheduler leads"));
}

TEST_F(JobExplanation, a_ready_job_says_which_worker_is_missing) {
  tell("ready");
  EXPECT_EQ(reason, "ready");
  job.row.run_at = job.now - 10min;
  EXPECT_TRUE(has(tell("ready"), "due for 10 min"));
  job.workers.knowing = 0;
  EXPECT_TRUE(has(tell("ready"), "No living worker knows jobs of kind apply.run"));
  EXPECT_EQ(reason, "unknown_kind");
  job.row.site = "osaka";
  job.workers.of_site = 0;
  EXPECT_TRUE(has(tell("ready"), "site osaka; of other sites there are 2"));
  EXPECT_EQ(reason, "no_worker_of_site");
  job.workers.all = 0;
  EXPECT_TRUE(has(tell("ready"), "Start certfleet-worker-apply"));
  EXPECT_EQ(reason, "no_worker");
}

TEST_F(JobExplanation, a_parked_job_waits_for_a_newer_worker_not_for_its_time) {
  job.parked = true;
  job.row.run_at = job.now + 5min;
  job.workers.knowing = 0;
  EXPECT_TRUE(has(tell("waiting"), "newer version"));
  EXPECT_EQ(reason, "unknown_kind");
  job.workers.knowing = 1;
  tell("waiting");
  EXPECT_EQ(reason, "time");
}

TEST_F(JobExplanation, a_running_job_says_where_since_when_and_until_when) {
  job.row.worker = "web 77";
  job.row.started_at = job.now - 20s;
  job.run_deadline = job.now + 40s;
  job.worker_lives = true;
  auto text = tell("running");
  EXPECT_EQ(reason, "running");
  EXPECT_TRUE(has(text, "runs on web 77 since")) << text;
  EXPECT_TRUE(has(text, "in 40 s")) << text;
  job.run_deadline = job.now - 5s;
  EXPECT_TRUE(has(tell("running"), "5 s past its deadline"));
  job.row.cancel = true;
  EXPECT_TRUE(has(tell("running"), "cancellation is asked for"));
  EXPECT_EQ(reason, "cancelling");
  job.worker_lives = false;
  EXPECT_TRUE(has(tell("running"), "has vanished"));
  EXPECT_EQ(reason, "lost_worker");
}

TEST_F(JobExplanation, a_dead_job_says_of_what_and_how_it_is_sent_again) {
  job.row.attempts_failed = 3;
  job.row.error = "no answer";
  job.row.ended_at = job.now - 2h;
  auto text = tell("dead");
  EXPECT_EQ(reason, "dead");
  EXPECT_TRUE(has(text, "2 h ago")) << text;
  EXPECT_TRUE(has(text, "the last error: no answer")) << text;
  EXPECT_TRUE(has(text, "certfleet job retry 4711")) << text;
}

TEST_F(JobExplanation, what_has_ended_says_how) {
  job.row.ended_at = job.now;
  job.row.error = "refused";
  EXPECT_TRUE(has(tell("failed"), "would fail again. The error: refused"));
  tell("done");
  EXPECT_EQ(reason, "done");
  EXPECT_TRUE(has(tell("cancelled"), "It was cancelled at"));
}

TEST(Span, is_told_in_the_units_that_matter) {
  for (auto [seconds, text] : std::vector<std::pair<long, const char*>>{{0, "0 s"},
                                                                        {59, "59 s"},
                                                                        {60, "1 min"},
                                                                        {61, "1 min 1 s"},
                                                                        {605, "10 min"},
                                                                        {3600, "1 h"},
                                                                        {7500, "2 h 5 min"},
                                                                        {3 * 86400, "3 days"},
                                                                        {-61, "1 min 1 s"}})
    EXPECT_EQ(span_text(std::chrono::seconds(seconds), Language::en), text);
  EXPECT_EQ(span_text(std::chrono::seconds(7500), Language::ja), "2 時間 5 分");
}

}  // namespace
}  // namespace certfleet::cli
