#include "lib/store/dsn.h"

#include <gtest/gtest.h>

namespace certfleet::store::dsn {
namespace {

const std::string given =
    "host=db.example.com port=6432 dbname=fleet user=owner passfile=/etc/owner sslmode=verify-full";

TEST(Dsn, another_user_keeps_the_server_and_how_it_is_trusted) {
  auto made = for_user(given, "a@example.com", "/home/a/login");
  for (const auto* part : {"host='db.example.com'", "port='6432'", "dbname='fleet'", "sslmode='verify-full'",
                           "user='a@example.com'", "passfile='/home/a/login'"})
    EXPECT_NE(made.find(part), std::string::npos) << made;
  EXPECT_EQ(made.find("owner"), std::string::npos) << made;
}

TEST(Dsn, a_password_is_quoted) {
  auto made = for_login(given, "a@example.com", "it's a \\ secret");
  EXPECT_NE(made.find("password='it\\'s a \\\\ secret'"), std::string::npos) << made;
}

TEST(Dsn, what_is_handed_out_names_nobody) {
  auto made = for_anybody(given);
  EXPECT_EQ(made.find("user"), std::string::npos) << made;
  EXPECT_EQ(made.find("passfile"), std::string::npos) << made;
  EXPECT_EQ(place(made), place(given));
}

TEST(Dsn, it_tells_as_whom_it_connects_and_where_the_password_is) {
  EXPECT_EQ(user_of(given), "owner");
  EXPECT_EQ(passfile_of(given), "/etc/owner");
  EXPECT_EQ(passfile_of("host=db.example.com user=owner"), "");
}

}  // namespace
}  // namespace certfleet::store::dsn
