// A database that takes every question and answers none: behind a proxy or a firewall that acknowledges and forgets, or
// on a frozen host. TCP sees nothing wrong; whoever asked must not wait for ever (lib/store/answer_watch.h).
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <array>
#include <future>
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

  // The server ends statements after `statement_ms`; a second later an answer is late. (Of the five seconds that others
  // grant: SilenceTest.)
  store::Database database(int statement_ms = 500) {
    auto dsn = cluster_.tcp_dsn();
    auto port = std::to_string(cluster_.port());
    dsn.replace(dsn.find(port), port.size(), std::to_string(proxy_.port()));
    return store::Database(settings(dsn, statement_ms));
  }
  static store::DatabaseSettings settings(const std::string& dsn, int statement_ms) {
    store::DatabaseSettings settings{dsn + " dbname=postgres", "silent", statement_ms};
    settings.answer_grace_ms = 1000;
    return settings;
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
  auto failure = fails_within(1.4, 3.5, [&] { ask(database); });
  EXPECT_EQ(failure.fault(), Fault::unreachable);
  EXPECT_THAT(failure.what(), HasSubstr("no answer within 1 s"));
  // Connecting has its limit too: the proxy takes connections and is silent.
  failure = fails_within(4, 7.5, [&] { ask(database); });
  EXPECT_EQ(failure.fault(), Fault::unreachable);
  proxy_.mend(true);
  ask(database);
}

TEST_F(SilentDatabase, a_commit_without_an_answer_is_in_doubt) {
  auto database = this->database();
  auto failure = fails_within(1.4, 3.5, [&] {
    database.write([&](store::Tx& tx) {
      tx.raw().exec("INSERT INTO public.t VALUES (1)");
      proxy_.withhold_answers();
    });
  });
  EXPECT_EQ(failure.fault(), Fault::in_doubt);
  EXPECT_THAT(failure.what(), HasSubstr("outcome of a commit unknown: no answer within 1 s"));
  EXPECT_EQ(cluster_.sql("postgres", "SELECT count(*) FROM t"), "1");
}

// What `body` throws is what the caller hears of, whether or not the way back is answered.
TEST_F(SilentDatabase, a_way_back_without_an_answer_ends_in_time) {
  auto database = this->database();
  auto failure = fails_within(1.4, 3.5, [&] {
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
  EXPECT_LE(Monotonic::now() - begin, 3500ms);
}

TEST_F(SilentDatabase, a_frozen_server_is_no_different_over_its_socket) {
  store::Database database(settings(cluster_.dsn(), 500));
  ask(database);
  auto backend = cluster_.backends("silent");
  ASSERT_EQ(backend.size(), 1U);
  ASSERT_EQ(::kill(backend[0], SIGSTOP), 0);
  auto failure = fails_within(1.4, 3.5, [&] { ask(database); });
  ::kill(backend[0], SIGCONT);
  EXPECT_THAT(failure.what(), HasSubstr("no answer within 1 s"));
  ask(database);
}

// As an import or a migration: long as a whole, and no answer is late. All at the same time, each in its own thread.
TEST_F(SilentDatabase, what_is_long_and_not_silent_is_left_alone) {
  auto sleeps = [](const char* seconds) {
    return [=](store::Tx& tx) { tx.raw().exec(fmt::format("SELECT pg_sleep({})", seconds)); };
  };
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
  for (int i = 0; i < 3; ++i) resting.push_back(database());
  auto before = ask_all();
  auto whole = std::async(std::launch::async, [&] {
    auto database = this->database();
    database.write([&](store::Tx& tx) {
      for (int i = 0; i < 6; ++i) sleeps("0.4")(tx);
      std::string script;
      for (int i = 0; i < 6; ++i) script += "SELECT pg_sleep(0.4);";
      tx.raw(6).exec(script);
    });
  });
  auto unlimited = std::async(std::launch::async, [&] { database(0).read(sleeps("2")); });
  // Up to the server's own limit nothing is cut, and then by the server.
  auto slow = database(2500);
  slow.read(sleeps("2"));
  EXPECT_EQ(ask_all(), before) << "the same connections";
  EXPECT_EQ(fails_within(2.4, 3.4, [&] { slow.read(sleeps("60")); }).fault(), Fault::retry);
  whole.get();
  unlimited.get();
}

// With the settings of production, all at the same time.
class SilenceTest : public ::testing::Test {
 protected:
  SilenceTest() {
    house_.start_all();
    // The house's own configuration of the command was written where its template was made.
    auto made = house_.config_file("init/certfleet");
    auto text = read_file(made);
    text.resize(text.find("[database]"));
    write_file(house_.config_file("command"),
               fmt::format("{}[database]\ndsn = \"host=127.0.0.1 port={} dbname=certfleet user=admin@faults.test"
                           " passfile={}\"\n",
                           text, proxy_.port(), (made.parent_path() / "admin.pgpass").string()),
               0600);
    english_.env["LC_ALL"] = "C.UTF-8";
  }

  std::vector<std::string> certfleet(std::vector<std::string> words) const {
    words.insert(words.begin(), {CERTFLEET_BIN "/certfleet", "--config", house_.config_file("command").string()});
    return words;
  }
  // It looks again and again through the proxy.
  bool follows() {
    auto looks = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'certfleet --follow'";
    if (!eventually(20s, [&] { return house_.count(looks) == 1; })) return false;
    auto passed = proxy_.passed();
    return eventually(20s, [&] { return proxy_.passed() > passed + 2000; });
  }

  House house_{{.schedulers = 1, .brokers = 1, .workers = 1}};
  Proxy proxy_{house_.postgres().port()};  // before the command
  testing::ProcessOptions english_;
  static constexpr std::array daemons = {"scheduler-1", "worker-1"};
};

TEST_F(SilenceTest, daemons_and_the_command_give_a_silent_database_up_in_time_and_come_back) {
  house_.enqueue(20);
  ASSERT_TRUE(house_.all_end_within(20s)) << house_.tell();
  ASSERT_EQ(testing::run(certfleet({"site", "list"}), english_).exit_code, 0);
  testing::Process following(certfleet({"log", "--follow"}), english_);
  ASSERT_TRUE(follows()) << following.err();

  auto begin = Monotonic::now();
  proxy_.half_open();
  for (const auto* name : daemons) house_.link(name, "postgres").half_open();
  // Who only comes now has no connection, and waits for one.
  auto ran = testing::run(certfleet({"site", "list"}), english_);
  EXPECT_EQ(ran.exit_code, 6) << ran.err;
  EXPECT_LE(Monotonic::now() - begin, 8s);
  // If all was read and only its end had no answer, it connects once more.
  EXPECT_EQ(following.wait(30s), 6) << following.err();
  EXPECT_LE(Monotonic::now() - begin, 25s);
  EXPECT_THAT(following.err(), AnyOf(HasSubstr("no answer within 15 s"), HasSubstr("timeout expired")));
  for (const auto* name : daemons) {
    EXPECT_TRUE(house_.process(name).wait_for_line("no answer within 15 s", 25s)) << name << house_.tell();
    EXPECT_TRUE(house_.runs(name));
  }
  EXPECT_LE(Monotonic::now() - begin, 25s);

  house_.enqueue(20);
  house_.mend_all(true);
  proxy_.mend(true);
  EXPECT_TRUE(house_.all_end_within(30s)) << house_.tell();
  EXPECT_THAT(house_.wrongs(), IsEmpty());
  EXPECT_EQ(testing::run(certfleet({"site", "list"}), english_).exit_code, 0);
  for (const auto* name : daemons) EXPECT_EQ(house_.stop(name), 0) << house_.tell();
}

}  // namespace
}  // namespace certfleet::faults
