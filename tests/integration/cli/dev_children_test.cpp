// The child processes of certfleet dev: real ones.
#include "admin-cli/dev_children.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>

#include "admin-cli/dev_spawn.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "tests/support/eventually.h"
#include "tests/support/free_port.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace certfleet::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

ChildSpec shell(const std::string& label, const std::string& script) {
  ChildSpec spec;
  spec.label = label;
  spec.argv = {"/bin/sh", "-c", script};
  spec.stop_signal = SIGTERM;
  return spec;
}

template <class F>
bool turned_until(Children& children, F&& done) {
  auto deadline = Deadline::in(seconds(20));
  while (!done() && !deadline.over()) children.turn(milliseconds(50));
  return done();
}

class DevChildren : public ::testing::Test {
 protected:
  std::string text(const char* name) {
    std::ifstream file(folder_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string path(const char* name) { return (folder_ / name).string(); }

  certfleet::testing::TempDir folder_;
};

TEST_F(DevChildren, lines_carry_the_label_of_their_child) {
  ::testing::internal::CaptureStderr();
  {
    Children children(Terminal{});
    children.start(shell("one", "echo first; echo second >&2; printf unfinished"));
    children.start(shell("longer", "printf 'a\\033[31mb\\n'"));
    EXPECT_TRUE(turned_until(children, [&] { return !children.runs("one") && !children.runs("longer"); }));
  }
  auto lines = ::testing::internal::GetCapturedStderr();
  for (const auto* line : {"| first\n", "| second\n", "| unfinished\n", "longer | a\uFFFD[31mb\n"})
    EXPECT_NE(lines.find(line), std::string::npos) << lines;
}

TEST_F(DevChildren, one_that_dies_is_started_again_with_a_line_that_says_so) {
  ::testing::internal::CaptureStderr();
  Children children(Terminal{});
  children.restart_from_now_on(true);
  children.start(shell("broker", "echo started >>" + path("starts") + "; exit 3"));
  EXPECT_TRUE(
      turned_until(children, [&] { return text("starts").size() >= 2 * std::string("started\n").size(); }));
  children.stop("broker", seconds(5));
  auto lines = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(lines.find("ended with exit code 3; starts again in 0.5 s"), std::string::npos) << lines;
}

TEST_F(DevChildren, one_that_ends_at_the_start_is_told_and_not_started_again) {
  ::testing::internal::CaptureStderr();
  Children children(Terminal{});
  children.start(shell("broker", "exit 5"));
  EXPECT_TRUE(turned_until(children, [&] { return children.first_ended().has_value(); }));
  EXPECT_EQ(children.first_ended()->first, "broker");
  EXPECT_EQ(children.first_ended()->second, 5);
  ::testing::internal::GetCapturedStderr();
}

TEST_F(DevChildren, stop_waits_for_the_end_and_kills_what_does_not_end) {
  ::testing::internal::CaptureStderr();
  Children children(Terminal{});
  children.start(shell("good", "trap 'echo bye >" + path("good") + "; exit 0' TERM; touch " +
                                   path("good-up") + "; while :; do sleep 0.05; done"));
  children.start(shell("deaf", "trap '' TERM; touch " + path("deaf-up") + "; while :; do sleep 0.05; done"));
  ASSERT_TRUE(turned_until(children, [&] {
    return std::filesystem::exists(path("good-up")) && std::filesystem::exists(path("deaf-up"));
  }));
  children.stop_all_but("deaf", seconds(10));
  EXPECT_EQ(text("good"), "bye\n");
  EXPECT_FALSE(children.runs("good"));
  EXPECT_TRUE(children.runs("deaf"));
  children.stop("deaf", seconds(1));
  EXPECT_FALSE(children.runs("deaf"));
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("killed: did not end in 1 s"), std::string::npos);
}

TEST_F(DevChildren, a_signal_to_us_is_a_wish_to_stop) {
  Children children(Terminal{});
  EXPECT_FALSE(children.stop_asked());
  ::raise(SIGINT);
  children.turn(milliseconds(1000));
  EXPECT_TRUE(children.stop_asked());
}

TEST_F(DevChildren, what_can_not_be_started_is_named) {
  int lines = -1;
  auto spec = shell("x", "");
  spec.argv = {"/no/such/program"};
  try {
    spawn(spec, "", lines);
    ADD_FAILURE();
  } catch (const Failure& failure) {
    EXPECT_STREQ(failure.what(), "/no/such/program: No such file or directory");
  }
  EXPECT_THROW(run_to_end({"/bin/sh", "-c", "echo reason; exit 1"}, std::nullopt), Failure);
}

// The whole of certfleet dev, with the real daemons.
class Dev : public DevChildren {
 protected:
  // On ports of its own: other tests run at the same time.
  std::vector<std::string> words(const std::string& brokers) {
    using certfleet::testing::free_port;
    return {CERTFLEET_BIN "/certfleet",
            "dev",
            "--directory",
            path("dev"),
            "--brokers",
            brokers,
            "--postgres-port",
            std::to_string(free_port()),
            "--broker-port",
            std::to_string(free_port()),
            "--http01",
            "127.0.0.1:" + std::to_string(free_port())};
  }

  // Those whose command line holds this text.
  std::vector<std::string> processes(const std::string& text) {
    auto found = certfleet::testing::run({"/usr/bin/pgrep", "-f", "--", text});
    std::vector<std::string> pids;
    for (std::size_t from = 0; from < found.out.size();) {
      auto end = found.out.find('\n', from);
      pids.push_back(found.out.substr(from, end - from));
      from = end + 1;
    }
    return pids;
  }
};

TEST_F(Dev, starts_everything_restarts_a_daemon_and_leaves_nothing_behind) {
  auto directory = path("dev");
  certfleet::testing::Process dev(words("2"));
  ASSERT_TRUE(dev.wait_for_line("ready.", seconds(90))) << dev.err();
  std::string config = directory + "/config/certfleet.toml";
  auto workers = [&] {
    auto status =
        certfleet::testing::run({CERTFLEET_BIN "/certfleet", "--config", config, "status", "--json"});
    return status.out.find("\"workers\": 5,") != std::string::npos &&
           status.out.find("\"brokers\": 2,") != std::string::npos;
  };
  EXPECT_TRUE(certfleet::testing::eventually(seconds(20), workers)) << dev.err();
  auto brokers = processes("certfleet-broker --config " + directory);
  ASSERT_EQ(brokers.size(), 2U);
  ::kill(std::stoi(brokers[0]), SIGKILL);
  EXPECT_TRUE(dev.wait_for_line("starts again", seconds(10))) << dev.err();
  EXPECT_TRUE(certfleet::testing::eventually(seconds(20), workers)) << dev.err();

  auto second = certfleet::testing::run({CERTFLEET_BIN "/certfleet", "dev", "--directory", directory});
  EXPECT_EQ(second.exit_code, 5);
  EXPECT_NE(second.err.find("another certfleet dev runs here"), std::string::npos) << second.err;

  dev.signal(SIGINT);
  EXPECT_EQ(dev.wait(seconds(60)), 0) << dev.err();
  EXPECT_TRUE(processes(folder_.path().string()).empty());
}

TEST_F(Dev, takes_its_children_along_when_it_is_killed) {
  certfleet::testing::Process dev(words("1"));
  ASSERT_TRUE(dev.wait_for_line("ready.", seconds(90))) << dev.err();
  EXPECT_FALSE(processes(folder_.path().string()).empty());
  dev.signal(SIGKILL);
  EXPECT_TRUE(certfleet::testing::eventually(seconds(60),
                                             [&] { return processes(folder_.path().string()).empty(); }));
}

}  // namespace
}  // namespace certfleet::cli
