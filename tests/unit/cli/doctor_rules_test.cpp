#include "admin-cli/doctor_rules.h"

#include <gtest/gtest.h>

#include "admin-cli/doctor_texts.h"

namespace certfleet::cli {
namespace {

using std::chrono::duration;

bool is_error(const std::vector<Finding>& findings) {
  return findings.size() == 1 && findings[0].severity == Severity::error;
}
bool is_warning(const std::vector<Finding>& findings) {
  return findings.size() == 1 && findings[0].severity == Severity::warning;
}

TEST(DoctorRules, what_counted_nothing_is_no_finding) {
  EXPECT_TRUE(judge("i3_one_job_a_key", {{"key", 0, {}}}).empty());
  EXPECT_TRUE(judge("scheduler", {{"leading", 1, {}}, {"connected", 2, {}}}).empty());
  EXPECT_TRUE(judge("brokers", {{"enrolled", 2, {}}, {"connected", 2, {}}}).empty());
  EXPECT_TRUE(judge("workers", {}).empty());
  EXPECT_TRUE(judge_schema(8, 8, true).empty());
}

TEST(DoctorRules, a_broken_invariant_is_an_error_and_counts) {
  auto findings = judge("i3_one_job_a_key", {{"key", 7, {}}, {"guard", 1, {}}});
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].severity, Severity::error);
  EXPECT_EQ(meaning_of(findings[0], Language::en), "I3: concurrency keys held by several jobs at once: 7");
  EXPECT_EQ(findings[1].severity, Severity::error);
}

TEST(DoctorRules, no_leading_scheduler_is_an_error_that_says_whether_one_is_there) {
  auto none = judge("scheduler", {{"leading", 0, {}}, {"connected", 0, {}}});
  ASSERT_TRUE(is_error(none));
  EXPECT_NE(meaning_of(none[0], Language::en).find("no scheduler is connected"), std::string::npos);
  auto idle = judge("scheduler", {{"leading", 0, {}}, {"connected", 2, {}}});
  ASSERT_TRUE(is_error(idle));
  EXPECT_NE(meaning_of(idle[0], Language::en).find("of 2"), std::string::npos);
  auto frozen = judge("scheduler", {{"leading", 0, {}}, {"connected", 1, {}}, {"lock", 1, {}}});
  ASSERT_TRUE(is_error(frozen));
  EXPECT_EQ(frozen[0].subject, "frozen");
}

TEST(DoctorRules, one_broker_less_is_a_warning_and_none_is_an_error) {
  EXPECT_TRUE(is_warning(judge("brokers", {{"enrolled", 2, {}}, {"connected", 1, {}}})));
  EXPECT_TRUE(is_error(judge("brokers", {{"enrolled", 2, {}}, {"connected", 0, {}}})));
}

TEST(DoctorRules, a_queue_without_worker_is_an_error_once_jobs_wait) {
  EXPECT_TRUE(is_warning(judge("workers", {{"mail", 0, {}}})));
  EXPECT_TRUE(is_error(judge("workers", {{"mail", 1, {}}})));
  auto site = judge("workers", {{"apply osaka", 3, {}}});
  ASSERT_TRUE(is_error(site));
  EXPECT_NE(meaning_of(site[0], Language::en).find("apply osaka"), std::string::npos);
}

TEST(DoctorRules, what_lasts_too_long_becomes_an_error) {
  EXPECT_TRUE(is_warning(judge("late_jobs", {{"apply", 3, 1200}})));
  EXPECT_TRUE(is_error(judge("late_jobs", {{"apply", 3, 3700}})));
  EXPECT_TRUE(is_warning(judge("transactions", {{"psql (7)", 3, 61}})));
  EXPECT_TRUE(is_error(judge("transactions", {{"psql (7)", 3, 4000}})));
  EXPECT_TRUE(is_warning(judge("transactions", {{"slot old", 3, {}}})));
}

TEST(DoctorRules, clocks_count_by_how_wrong_they_are_beyond_what_is_unsure) {
  EXPECT_TRUE(judge_clock(duration<double>(5.5), duration<double>(1)).empty());
  EXPECT_TRUE(is_warning(judge_clock(duration<double>(-7), duration<double>(1))));
  EXPECT_TRUE(is_error(judge_clock(duration<double>(3600), duration<double>(1))));
  EXPECT_NE(meaning_of(judge_clock(duration<double>(-3600), duration<double>(0))[0], Language::en)
                .find("1 h behind"),
            std::string::npos);
  EXPECT_TRUE(is_warning(judge("clocks", {{"host", 1, 6.0}})));
  EXPECT_TRUE(is_error(judge("clocks", {{"host", 1, 61.0}})));
}

TEST(DoctorRules, a_schema_that_does_not_fit_says_who_is_older) {
  EXPECT_EQ(judge_schema(0, 8, false).at(0).subject, "none");
  EXPECT_EQ(judge_schema(7, 8, false).at(0).subject, "older");
  EXPECT_EQ(judge_schema(9, 8, false).at(0).subject, "newer");
  EXPECT_EQ(judge_schema(8, 8, false).at(0).subject, "code");
}

TEST(DoctorRules, each_broker_that_is_not_alive_is_an_error) {
  using bus::Answer;
  auto findings = judge_brokers({{"tcp://a:1", Answer::alive, {}},
                                 {"tcp://b:1", Answer::silent, {}},
                                 {"tcp://c:1", Answer::unreachable, {}},
                                 {"tcp://d:1", Answer::wrong_key, {}}});
  ASSERT_EQ(findings.size(), 3U);
  for (const auto& finding : findings) EXPECT_EQ(finding.severity, Severity::error);
  EXPECT_EQ(findings[0].subject, "tcp://b:1");
}

TEST(DoctorRules, every_check_has_rules_and_every_text_is_there_in_both_languages) {
  for (const auto& name : store::checks::names()) {
    EXPECT_TRUE(std::any_of(rules().begin(), rules().end(), [&](const auto& rule) {
      return rule.check == name;
    })) << name;
  }
  for (const auto& rule : rules())
    for (auto language : {Language::ja, Language::en})
      for (const auto& text : {rule.meaning, rule.advice}) {
        EXPECT_FALSE(text.in(language).empty()) << rule.check;
        EXPECT_NO_THROW(text.with(language, "subject", std::int64_t{7}, "2 h")) << text.in(language);
      }
}

}  // namespace
}  // namespace certfleet::cli
