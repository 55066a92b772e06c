#include "admin-cli/suggest.h"

#include <gtest/gtest.h>

#include <algorithm>

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

TEST(Suggest, one_mistake_is_a_letter_changed_added_left_out_or_swapped) {
  auto all = one_mistake_from("shop");
  for (const char* name : {"shup", "xshop", "shopx", "shoop", "hop", "sho", "hsop", "shpo"}) {
    EXPECT_NE(std::find(all.begin(), all.end(), name), all.end()) << name;
    EXPECT_EQ(distance("shop", name), 1) << name;
  }
  auto upper = one_mistake_from("SHOP");
  EXPECT_NE(std::find(upper.begin(), upper.end(), "shop"), upper.end());
  auto japanese = one_mistake_from("東京都");
  for (const char* name : {"東京", "京東都", "東京1都"})
    EXPECT_NE(std::find(japanese.begin(), japanese.end(), name), japanese.end()) << name;
  EXPECT_LT(one_mistake_from(std::string(1000, 'x')).size(), 3000U);
  EXPECT_EQ(one_mistake_from("").front(), "");
}

}  // namespace
}  // namespace certfleet::cli
