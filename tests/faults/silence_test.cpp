// A database that takes every question and answers none: behind a proxy or a firewall that acknowledges and forgets, or
// on a frozen host. TCP sees nothing wrong; whoever asked must not wait for ever (lib/store/answer_watch.h).
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <pqxx/pqxx>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "tests/faults/house.h"
#include "tests/support/eventually.h"
#include "tests/support/failure.h"

namespace certfleet::faults {
namespace {

using namespace std::chrono_literals;
using testing::eventually;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;

// A connection through a proxy to a server of its own.
class SilentDatabase : public ::testing::Test {
 protected:
  SilentDatabase() { cluster_.sql("postgres", "CREATE TABLE t (i int)"); }

  // The server ends statements after `statement_ms`; five seconds later an answer is late.
  store::Database database(int statement_ms = 500) {
    auto dsn = cluster_.tcp_dsn();
    auto port = std::to_string(cluster_.port());
    dsn.replace(dsn.find(port), port.size(), std::to_string(proxy_.port()));
    return store::Database({dsn + " dbname=postgres", "silent", statement_ms});
  }
  static void ask(store::Database& database) {
    database.read([](store::Tx& tx) { tx.raw().exec("SELECT 1"); });
  }
  // Fails, and tells of how it did; the time that it took is as it should be.
  static Failure fails_within(double from_s, double to_s, const std::function<void()>& call) {
    auto begin = Monotonic::now();
    auto failure = testing::failure_of(call);
    auto took = std::chrono::duration<double>(Monotonic::now() - begin).count();
    EXPECT_THAT(took, AllOf(Ge(from_s), Le(to_s))) << failure.what();
    return failure;
  }

  Cluster cluster_{Cluster::Options{}};
  Proxy proxy_{cluster_.port()};
};

TEST_F(SilentDatabase, a_question_without_an_answer_ends_in_time_and_the_next_one_goes_another_way) {
  auto database = this->database();
  ask(database);
  proxy_.half_open();
  auto failure = fails_within(5.4, 7.5, [&] { ask(database); });
  EXPECT_EQ(failure.fault(), Fault::unreachable);
  EXPECT_THAT(failure.what(), HasSubstr("no answer within 5 s"));
  // Connecting has its limit too: the proxy takes connections and is silent.
  failure = fails_within(4, 7.5, [&] { ask(database); });
  EXPECT_EQ(failure.fault(), Fault::unreachable);
  proxy_.mend(true);
  ask(database);
}

TEST_F(SilentDatabase, a_commit_without_an_answer_is_in_doubt) {
  auto database = this->database();
  auto failure = fails_within(5.4, 7.5, [&] {
    database.write([&](store::Tx& tx) {
      tx.raw().exec("INSERT INTO public.t VALUES (1)");
      proxy_.withhold_answers();
    });
  });
  EXPECT_EQ(failure.fault(), Fault::in_doubt);
  EXPECT_THAT(failure.what(), HasSubstr("outcome of a commit unknown: no answer within 5 s"));
  EXPECT_EQ(cluster_.sql("postgres", "SELECT count(*) FROM t"), "1");
}

// What `body` throws is what the caller hears of, whether or not the way back is answered.
TEST_F(SilentDatabase, a_way_back_without_an_answer_ends_in_time) {
  auto database = this->database();
  auto failure = fails_within(5.4, 7.5, [&] {
    database.write([&](store::Tx& tx) {
      tx.raw().exec("INSERT INTO public.t VALUES (1)");
      proxy_.half_open();
      throw Failure(Fault::conflict, "mine");
    });
  });
  EXPECT_EQ(failure.fault(), Fault::conflict);
}

TEST_F(SilentDatabase, a_listening_connection_is_given_up_in_time) {
  auto database = std::make_optional(this->database());
  database->listen("channel");
  proxy_.half_open();
  auto begin = Monotonic::now();
  database.reset();  // says to the server that it listens no more
  EXPECT_LE(Monotonic::now() - begin, 7500ms);
}

TEST_F(SilentDatabase, a_frozen_server_is_no_different_over_its_socket) {
  store::Database database({cluster_.dsn() + " dbname=postgres", "frozen", 500});
  ask(database);
  auto backend = cluster_.backends("frozen");
  ASSERT_EQ(backend.size(), 1U);
  ASSERT_EQ(::kill(backend[0], SIGSTOP), 0);
  auto failure = fails_within(5.4, 7.5, [&] { ask(database); });
  ::kill(backend[0], SIGCONT);
  EXPECT_THAT(failure.what(), HasSubstr("no answer within 5 s"));
  ask(database);
}

// As an import or a migration: long as a whole, and no answer is late.
TEST_F(SilentDatabase, what_is_long_and_not_silent_is_left_alone) {
  auto database = this->database();
  database.write([](store::Tx& tx) {
    for (int i = 0; i < 16; ++i) tx.raw().exec("SELECT pg_sleep(0.4)");
    std::string script;
    for (int i = 0; i < 16; ++i) script += "SELECT pg_sleep(0.4);";
    tx.raw(16).exec(script);
  });
  // One that has nothing to ask meanwhile is not late either.
  std::vector<store::Database> resting;
  auto ask_all = [&] {
    std::vector<int> pids;
    auto pid = [&](store::Tx& tx) { pids.push_back(tx.raw().exec1("SELECT pg_backend_pid()")[0].as<int>()); };
    resting[0].write(pid);
    resting[1].write_at_once(pid);
    resting[2].read(pid);
    return pids;
  };
  for (int i = 0; i < 3; ++i) resting.push_back(this->database());
  auto before = ask_all();
  // Up to the server's own limit nothing is cut, and then by the server.
  auto slow = this->database(6500);
  slow.read([](store::Tx& tx) { tx.raw().exec("SELECT pg_sleep(6)"); });
  EXPECT_EQ(ask_all(), before) << "the same connections";
  EXPECT_EQ(fails_within(6.4, 7.5, [&] {
              slow.read([](store::Tx& tx) { tx.raw().exec("SELECT pg_sleep(60)"); });
            }).fault(),
            Fault::retry);
  auto unlimited = this->database(0);
  unlimited.read([](store::Tx& tx) { tx.raw().exec("SELECT pg_sleep(6)"); });
}

TEST(SilenceTest, daemons_give_a_silent_database_up_in_time_and_come_back) {
  House house({.schedulers = 1, .brokers = 1, .workers = 1});
  house.start_all();
  house.enqueue(20);
  ASSERT_TRUE(house.all_end_within(20s)) << house.tell();
  for (const auto* name : {"scheduler-1", "worker-1"}) house.link(name, "postgres").half_open();
  for (const auto* name : {"scheduler-1", "worker-1"}) {
    EXPECT_TRUE(house.process(name).wait_for_line("no answer within 15 s", 25s)) << name << house.tell();
    EXPECT_TRUE(house.runs(name));
  }
  house.enqueue(20);
  house.mend_all(true);
  EXPECT_TRUE(house.all_end_within(30s)) << house.tell();
  EXPECT_THAT(house.wrongs(), IsEmpty());
  for (const auto* name : {"scheduler-1", "worker-1"}) EXPECT_EQ(house.stop(name), 0) << house.tell();
}

TEST(SilenceTest, the_command_gives_a_silent_database_up_in_time) {
  House house({.schedulers = 0, .brokers = 1, .workers = 0});
  Proxy proxy(house.postgres().port());
  // The house's own was written where its template was made.
  auto made = house.config_file("init/certfleet");
  auto text = read_file(made);
  text.resize(text.find("[database]"));
  auto config = house.config_file("silent");
  write_file(config,
             fmt::format("{}[database]\ndsn = \"host=127.0.0.1 port={} dbname=certfleet user=admin@faults.test"
                         " passfile={}\"\n",
                         text, proxy.port(), (made.parent_path() / "admin.pgpass").string()),
             0600);
  testing::ProcessOptions english;
  english.env["LC_ALL"] = "C.UTF-8";
  auto words = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {CERTFLEET_BIN "/certfleet", "--config", config.string()});
    return more;
  };
  auto ran = testing::run(words({"site", "list"}), english);
  ASSERT_EQ(ran.exit_code, 0) << ran.err;

  testing::Process following(words({"log", "--follow"}), english);
  ASSERT_TRUE(eventually(20s, [&] { return proxy.connections() > 0; })) << following.err();
  auto passed = proxy.passed();
  ASSERT_TRUE(eventually(20s, [&] { return proxy.passed() > passed + 2000; })) << "it looks again and again";
  auto begin = Monotonic::now();
  proxy.half_open();
  ran = testing::run(words({"site", "list"}), english);
  EXPECT_EQ(ran.exit_code, 6) << ran.err;
  EXPECT_LE(Monotonic::now() - begin, 8s);
  // A statement of a person may take a minute. If all was read and only its end had no answer, it connects once more.
  EXPECT_EQ(following.wait(80s), 6) << following.err();
  EXPECT_LE(Monotonic::now() - begin, 75s);
  EXPECT_THAT(following.err(), AnyOf(HasSubstr("no answer within 65 s"), HasSubstr("timeout expired")));
}

}  // namespace
}  // namespace certfleet::faults
