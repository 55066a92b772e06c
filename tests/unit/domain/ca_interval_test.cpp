#include "lib/domain/ca_interval.h"

#include <gtest/gtest.h>

namespace certfleet::domain {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

TEST(CaInterval, is_the_tables_but_never_sooner_than_the_ca_proposes) {
  EXPECT_EQ(ask_again(seconds(15), 60), minutes(60));
  EXPECT_EQ(ask_again(minutes(90), 60), minutes(90));
  EXPECT_EQ(ask_again(seconds(15), std::nullopt), seconds(15));
}

}  // namespace
}  // namespace certfleet::domain
