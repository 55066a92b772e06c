#include "admin-cli/suggest.h"

#include <gtest/gtest.h>

namespace certfleet::cli {
namespace {

TEST(Suggest, distance_counts_changes_additions_omissions_and_swaps) {
  EXPECT_EQ(distance("shop", "shop"), 0);
  EXPECT_EQ(distance("shop", "SHOP"), 0);
  EXPECT_EQ(distance("shop", "shup"), 1);
  EXPECT_EQ(distance("shop", "shp"), 1);
  EXPECT_EQ(distance("shop", "shhop"), 1);
  EXPECT_EQ(distance("shop", "hsop"), 1);
  EXPECT_EQ(distance("", "abc"), 3);
}

TEST(Suggest, the_nearest_come_first_and_the_far_not_at_all) {
  EXPECT_EQ(near("tokio", {"osaka", "tokyo", "kyoto"}), std::vector<std::string>{"tokyo"});
  EXPECT_EQ(near("web", {"web1", "web2", "web3", "web4"}),
            (std::vector<std::string>{"web1", "web2", "web3"}));
  EXPECT_TRUE(near("xyz", {"tokyo", "osaka"}).empty());
}

TEST(Suggest, a_beginning_is_near) {
  EXPECT_EQ(near("ser", {"service", "site"}), std::vector<std::string>{"service"});
}

}  // namespace
}  // namespace certfleet::cli
