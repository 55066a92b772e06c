// Connections that are good no more.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "lib/base/error.h"
#include "lib/store/job_store.h"
#include "tests/support/database/database.h"
#include "tests/support/failure.h"

namespace certfleet::store {
namespace {

class ConnectionTest : public ::testing::Test {
 protected:
  void read_only(bool yes) {
    db.sql(fmt::format("ALTER ROLE certfleet_scheduler IN DATABASE {} SET default_transaction_read_only = {}",
                       db.sql("SELECT current_database()"), yes ? "on" : "off"));
  }

  testing::TestDatabase db;
};

// As after a failover, on the server that wrote before.
TEST_F(ConnectionTest, a_server_that_only_reads_is_as_good_as_none_and_asked_no_further) {
  read_only(true);
  auto store = postgres_job_store(db.settings_as("certfleet_scheduler"));
  auto failure = testing::failure_of([&] { store->close_session(SessionId(1)); });
  EXPECT_EQ(failure.fault(), Fault::unreachable);
  EXPECT_TRUE(failure.transient());
  EXPECT_EQ(failure.trace_id(), 11);
  testing::expect_says(failure, "read-only");
  read_only(false);
  store->close_session(SessionId(1));  // on a connection of its own
}

TEST_F(ConnectionTest, goes_to_the_host_that_answers_and_writes) {
  auto host = db.sql("SELECT split_part(setting, ',', 1) FROM pg_settings WHERE name = 'unix_socket_directories'");
  auto port = db.sql("SELECT setting FROM pg_settings WHERE name = 'port'");
  Database database({fmt::format("host={},{} port=1,{} user=postgres dbname={} target_session_attrs=read-write", host,
                                 host, port, db.sql("SELECT current_database()")),
                     "several hosts"});
  database.connect();
  Database by_uri({fmt::format("postgresql://postgres@/{}?host={}&port={}&target_session_attrs=read-write",
                               db.sql("SELECT current_database()"), host, port),
                   "by URI"});
  by_uri.connect();
}

}  // namespace
}  // namespace certfleet::store
