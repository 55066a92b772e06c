#include "lib/domain/job.h"

#include <gtest/gtest.h>

#include "lib/domain/mail_event.h"

namespace certfleet::domain {
namespace {

using std::chrono::seconds;

TEST(Backoff, grows_with_each_failed_attempt_up_to_the_longest) {
  const auto& kind = job_kind("order.place");
  EXPECT_EQ(backoff(kind, 0, std::nullopt, 0.999), seconds(15));
  EXPECT_EQ(backoff(kind, 1, std::nullopt, 0.999), seconds(30));
  EXPECT_LE(backoff(kind, 50, std::nullopt, 0.999), kind.backoff_max + seconds(1));
}

TEST(Backoff, is_spread_over_the_whole_span_but_never_zero) {
  EXPECT_EQ(backoff(job_kind("order.place"), 5, std::nullopt, 0), seconds(1));
}

TEST(Backoff, waits_at_least_as_long_as_the_other_side_asks) {
  EXPECT_EQ(backoff(job_kind("mail.send"), 0, seconds(900), 0), seconds(900));
}

TEST(JobKinds, every_kind_belongs_to_the_queue_of_its_first_word) {
  for (auto name : {"csr.make", "order.place", "apply.run", "verify.node", "verify.expiry", "mail.send"}) {
    const auto& kind = job_kind(name);
    EXPECT_TRUE(kind.name.starts_with(to_string(kind.queue)));
    EXPECT_GT(kind.attempts_max, 0);
  }
  EXPECT_EQ(find_job_kind("apply.tomorrow"), nullptr);
}

TEST(MailEvents, each_has_a_name_that_leads_back_to_it) {
  for (int i = 0; i <= static_cast<int>(MailEvent::apply_failed); ++i) {
    auto event = static_cast<MailEvent>(i);
    EXPECT_EQ(mail_event_from(to_string(event)), event);
  }
  EXPECT_EQ(mail_event_from("nonsense"), std::nullopt);
}

TEST(MailEvents, success_and_failure_share_the_box_of_the_end) {
  NotificationTable table;
  table.apply_ended = false;
  EXPECT_FALSE(wants(table, MailEvent::apply_succeeded));
  EXPECT_FALSE(wants(table, MailEvent::apply_failed));
  EXPECT_TRUE(wants(table, MailEvent::apply_started));
}

}  // namespace
}  // namespace certfleet::domain
