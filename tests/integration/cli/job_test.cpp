// certfleet job: lists by what jobs have in common, what is done to many, and the explanation of one.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/integration/cli/house.h"

namespace certfleet::cli {
namespace {

using Json = nlohmann::json;

class JobCommand : public House {
 protected:
  void SetUp() override {
    sql("installation",
        "DELETE FROM certfleet.job; DELETE FROM certfleet.job_dead; DELETE FROM certfleet.trace");
  }
  static Json json(std::vector<std::string> words) {
    words.emplace_back("--json");
    return Json::parse(good(std::move(words)));
  }
  static void jobs(const std::string& kind, const std::string& state, int count) {
    sql("installation",
        "INSERT INTO certfleet.job (queue, admitted, priority, attempts_max, kind, time_limit, request_no) "
        "SELECT '" +
            kind.substr(0, kind.find('.')) + (state == "waiting" ? "', false" : "', true") + ", 4, 3, '" + kind +
            "', '1 minute', 7 FROM generate_series(1, " + std::to_string(count) + ")");
  }
  static void dead(const std::string& kind, int count) {
    sql("installation",
        "INSERT INTO certfleet.job_dead (id, queue, priority, attempts_failed, attempts_max, kind, "
        "time_limit,"
        " error) SELECT nextval(pg_get_serial_sequence('certfleet.job', 'id')), '" +
            kind.substr(0, kind.find('.')) + "', 4, 3, 3, '" + kind +
            "', '1 minute', 'no answer' FROM generate_series(1, " + std::to_string(count) + ")");
  }
};

TEST_F(JobCommand, a_list_goes_by_kind_and_page) {
  jobs("mail.send", "ready", 3);
  jobs("apply.run", "ready", 2);
  auto mails = json({"job", "list", "--kind", "mail.send"});
  ASSERT_EQ(mails.size(), 3U);
  auto page = json({"job", "list", "--limit", "2"});
  ASSERT_EQ(page.size(), 2U);
  auto next = json({"job", "list", "--limit", "2", "--before", page[1]["id"].dump()});
  ASSERT_EQ(next.size(), 2U);
  EXPECT_LT(next[0]["id"], page[1]["id"]);
  bad(2, "is no number of a job", {"job", "list", "--before", "x"});
}

TEST_F(JobCommand, many_dead_ones_are_sent_again_after_a_question) {
  dead("mail.send", 3);
  dead("apply.run", 2);
  bad(2, "Send 3 dead jobs again? There is no terminal", {"job", "retry", "--kind", "mail.send"});
  EXPECT_EQ(json({"job", "retry", "--kind", "mail.send", "--yes"})["count"], 3);
  EXPECT_EQ(json({"job", "list", "--state", "dead"}).size(), 2U);
  EXPECT_EQ(json({"job", "list", "--state", "ready"}).size(), 3U);
  EXPECT_EQ(good({"job", "retry", "--kind", "mail.send"}), "jobs that are sent again: 0\n")
      << "nothing to ask about";
  EXPECT_EQ(json({"job", "retry", "--all", "--yes"})["count"], 2);
}

TEST_F(JobCommand, many_live_ones_are_cancelled_after_a_question) {
  jobs("mail.send", "ready", 600);
  jobs("apply.run", "waiting", 1);
  EXPECT_EQ(json({"job", "cancel", "--queue", "mail", "--yes"})["count"], 600) << "more than one commit's";
  EXPECT_EQ(sql("installation", "SELECT count(*) FROM certfleet.job WHERE cancel"), "600");
}

TEST_F(JobCommand, it_must_be_said_which_and_not_twice) {
  for (const auto* verb : {"cancel", "retry"}) {
    bad(2, "a condition such as --kind", {"job", verb});
    bad(2, "a condition such as --kind", {"job", verb, "12", "--kind", "mail.send"});
    bad(3, "there is no", {"job", verb, "12"});
    bad(3, "there is no service shop", {"job", verb, "--service", "shop"});
  }
}

TEST_F(JobCommand, an_explanation_says_why_and_shows_the_last_traces) {
  jobs("apply.run", "ready", 1);
  auto id = sql("installation", "SELECT max(id) FROM certfleet.job");
  sql("installation",
      "INSERT INTO certfleet.trace (at, level, module, code, request_no, args, job_id) VALUES"
      " (now(), 'E', 'apply', 1811, 7, '{root}', " +
          id + "), (now(), 'E', 'apply', 1811, 7, '{other}', " + id + " + 1)");
  auto told = json({"job", "explain", id});
  EXPECT_EQ(told["state"], "ready");
  EXPECT_EQ(told["reason"], "no_worker");
  EXPECT_GE(told["explanation"].size(), 2U);
  ASSERT_EQ(told["traces"].size(), 1U) << "its own, not others' of the same request";
  auto text = good({"job", "explain", id});
  EXPECT_NE(text.find("No worker of the queue apply is alive"), std::string::npos) << text;
  EXPECT_NE(text.find("<E1811>"), std::string::npos) << text;
  EXPECT_NE(good({"job", "explain", id, "--lang", "ja"}).find("キュー apply の稼働中のワーカーがいません"),
            std::string::npos);
  bad(3, "there is no job 999999", {"job", "explain", "999999"});
}

TEST_F(JobCommand, each_verb_shows_an_example) {
  for (const auto* verb : {"list", "show", "explain", "cancel", "retry"})
    EXPECT_NE(good({"job", verb, "--help"}).find("Example:\n  certfleet job "), std::string::npos) << verb;
  EXPECT_NE(good({"doctor", "--help"}).find("Example:\n  certfleet doctor"), std::string::npos);
}

}  // namespace
}  // namespace certfleet::cli
