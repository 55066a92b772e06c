#include <gtest/gtest.h>

#include "lib/store/jobs.h"

namespace certfleet::store::jobs {
namespace {

TEST(Notice, says_all_that_an_offer_says) {
  domain::JobRef ref{JobId(4711), domain::Queue::mail, SiteId(3), ServiceId(72), 2};
  EXPECT_EQ(job_of_notice(notice_of(ref)), ref);
}

TEST(Notice, anything_else_is_none) {
  for (const char* text : {"", "1", "1 mail 0 0", "1 post 0 0 2", "0 mail 0 0 2", "1 mail -1 0 2", "1 mail 0 0 2 more",
                           "1 mail 0 0 99999", "x mail 0 0 2"})
    EXPECT_FALSE(job_of_notice(text).has_value()) << text;
}

}  // namespace
}  // namespace certfleet::store::jobs
