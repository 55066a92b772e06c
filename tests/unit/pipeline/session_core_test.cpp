#include "lib/pipeline/session_core.h"

#include <gtest/gtest.h>

namespace certfleet::pipeline {
namespace {

using namespace std::chrono_literals;
using Do = SessionCore::Do;

class SessionCoreTest : public ::testing::Test {
 protected:
  SessionCore core{SessionTimes{}};
  Instant now{1h};
};

TEST_F(SessionCoreTest, opens_at_once_and_renews_each_beat) {
  EXPECT_EQ(core.next(now).what, Do::open);
  core.opened(SessionId(7), now);
  EXPECT_EQ(core.next(now + 4999ms).what, Do::wait);
  EXPECT_EQ(core.next(now + 5s).what, Do::renew);
}

TEST_F(SessionCoreTest, a_lapsed_session_is_given_up_and_another_opened) {
  core.opened(SessionId(7), now);
  core.renewed(false, now + 5s);
  EXPECT_FALSE(core.current());
  EXPECT_EQ(core.next(now + 5s).what, Do::open);
}

TEST_F(SessionCoreTest, outlives_short_outages_of_the_database) {
  core.opened(SessionId(7), now);
  core.failed(now + 12s);
  EXPECT_TRUE(core.current());
  EXPECT_EQ(core.next(now + 12s + 500ms).what, Do::renew);
}

TEST_F(SessionCoreTest, is_given_up_before_the_sweeper_may_take_its_jobs) {
  core.opened(SessionId(7), now);
  core.failed(now + 13s);
  EXPECT_FALSE(core.current());
}

TEST_F(SessionCoreTest, its_life_counts_from_the_question_not_the_answer) {
  core.opened(SessionId(7), now);
  core.renewed(true, now + 5s);  // asked then; the answer may have come at now + 12s
  core.failed(now + 18s);
  EXPECT_FALSE(core.current());
}

TEST(SessionCore, a_session_that_was_given_up_is_replaced_at_once) {
  Instant start{};
  SessionCore core(SessionTimes{});
  core.opened(SessionId(1), start);
  EXPECT_EQ(core.sure_until(), start + 13s);
  core.gave_up(start + 20s);
  EXPECT_EQ(core.current(), SessionId());
  EXPECT_EQ(core.next(start + 20s).what, SessionCore::Do::open);
}

TEST_F(SessionCoreTest, is_renewed_at_once_if_there_is_something_to_tell) {
  core.hurry(now);
  core.opened(SessionId(7), now);
  EXPECT_EQ(core.next(now + 1s).what, Do::wait);
  core.hurry(now + 1s);
  EXPECT_EQ(core.next(now + 1s).what, Do::renew);
  core.renewed(true, now + 1s);
  EXPECT_EQ(core.next(now + 2s).what, Do::wait);
}

}  // namespace
}  // namespace certfleet::pipeline
