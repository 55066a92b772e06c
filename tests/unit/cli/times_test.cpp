#include "admin-cli/times.h"

#include <gtest/gtest.h>

#include "lib/base/error.h"

namespace certfleet::cli {
namespace {

TEST(Times, a_time_without_zone_is_in_the_zone_of_the_installation) {
  use_zone("Asia/Tokyo");
  EXPECT_EQ(iso_utc(parse_time("2026-12-01 03:00")), "2026-11-30T18:00:00Z");
  EXPECT_EQ(iso_utc(parse_time("2026-12-01T03:00:30")), "2026-11-30T18:00:30Z");
  EXPECT_EQ(local_time(parse_time("2026-12-01 03:00")), "2026-12-01 03:00:00");
  use_zone("UTC");
  EXPECT_EQ(iso_utc(parse_time("2026-12-01 03:00")), "2026-12-01T03:00:00Z");
}

TEST(Times, a_zone_behind_the_time_counts_instead) {
  use_zone("Asia/Tokyo");
  EXPECT_EQ(iso_utc(parse_time("2026-12-01 03:00Z")), "2026-12-01T03:00:00Z");
  EXPECT_EQ(iso_utc(parse_time("2026-12-01 03:00 +09:00")), "2026-11-30T18:00:00Z");
  EXPECT_EQ(iso_utc(parse_time("2026-12-01 03:00-0330")), "2026-12-01T06:30:00Z");
}

TEST(Times, what_does_not_exist_is_refused) {
  use_zone("Europe/Berlin");
  for (const auto* text :
       {"2026-02-29 00:00", "2026-13-01 00:00", "2026-12-01 24:01", "2026-12-01 03:60",
        "2026-03-29 02:30" /* skipped when summer time begins */, "tomorrow", "2026-12-01", ""})
    EXPECT_THROW(parse_time(text), Failure) << text;
  EXPECT_EQ(iso_utc(parse_time("2028-02-29 00:00")), "2028-02-28T23:00:00Z");
}

TEST(Times, an_unknown_zone_is_refused) {
  EXPECT_THROW(use_zone("Asia/Tokio"), Failure);
  EXPECT_THROW(use_zone("../../etc/passwd"), Failure);
  EXPECT_THROW(use_zone(""), Failure);
}

}  // namespace
}  // namespace certfleet::cli
