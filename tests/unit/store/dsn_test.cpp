#include "lib/store/dsn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/failure.h"

namespace certfleet::store::dsn {
namespace {

using ::testing::HasSubstr;

TEST(Dsn, of_several_hosts_stays_so_for_another_user) {
  auto out = for_user("host=a,b port=5432,5433 dbname=certfleet target_session_attrs=read-write user=me password=x",
                      "certfleet_mail", "/etc/mail.pgpass");
  EXPECT_THAT(out, HasSubstr("host='a,b' port='5432,5433' dbname='certfleet' target_session_attrs='read-write'"));
  EXPECT_THAT(out, HasSubstr("user='certfleet_mail' passfile='/etc/mail.pgpass'"));
  EXPECT_EQ(out.find("password"), std::string::npos);
}

TEST(Dsn, of_several_hosts_names_each_in_messages) {
  EXPECT_EQ(place("host=a,b port=5432,5433 dbname=certfleet user=x"), "certfleet on a:5432, b:5433");
  EXPECT_EQ(place("host=a,b port=5432 dbname=certfleet user=x"), "certfleet on a:5432, b:5432");
  EXPECT_EQ(place("host=a port=5432 dbname=certfleet user=x"), "certfleet on a:5432");
}

TEST(Dsn, a_uri_becomes_keywords_to_which_others_can_be_added) {
  auto out = keywords("postgresql://certfleet_mail@a:5432,b:5433/certfleet?target_session_attrs=read-write");
  for (const char* part : {"host='a,b'", "port='5432,5433'", "dbname='certfleet'", "user='certfleet_mail'",
                           "target_session_attrs='read-write'"})
    EXPECT_THAT(out, HasSubstr(part));
  EXPECT_EQ(keywords(out), out);
}

TEST(Dsn, of_several_hosts_can_begin_with_any_of_them) {
  EXPECT_THAT(keywords("host=a,b,c port=1,2,3 user=x", 4), HasSubstr("host='b,c,a' port='2,3,1'"));
  EXPECT_THAT(keywords("host=a,b port=5432 user=x", 1), HasSubstr("host='b,a' port='5432'"));
  EXPECT_EQ(keywords("host=a port=5432 user=x", 1), "host=a port=5432 user=x");
}

TEST(Dsn, that_libpq_does_not_understand_is_refused) {
  testing::expect_says(testing::failure_of([] { keywords("postgresql://[a"); }), "database connection");
  testing::expect_says(testing::failure_of([] { for_user("hots=a", "x", "/y"); }), "hots");
}

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
