#include "tests/support/process.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <system_error>

#include "tests/support/eventually.h"
#include "tests/support/temp_dir.h"

namespace certfleet::testing {
namespace {

using std::chrono::seconds;

bool alive(pid_t pid) {
  return ::kill(pid, 0) == 0;
}

TEST(Process, gives_both_outputs_and_the_exit_code) {
  auto finished = run({"sh", "-c", "echo one; echo two >&2; exit 3"});
  EXPECT_EQ(finished.out, "one\n");
  EXPECT_EQ(finished.err, "two\n");
  EXPECT_EQ(finished.exit_code, 3);
}

TEST(Process, passes_input_environment_and_directory) {
  TempDir dir;
  ProcessOptions options;
  options.input = "hello";
  options.env = {{"CERTFLEET_PROBE", "set"}};
  options.directory = dir.path();
  auto finished = run({"sh", "-c", "cat; echo; echo $CERTFLEET_PROBE; pwd"}, options);
  EXPECT_EQ(finished.out, "hello\nset\n" + dir.path().string() + "\n");
}

TEST(Process, says_what_can_not_be_started) {
  EXPECT_THROW(Process({"/no/such/program"}), std::system_error);
}

TEST(Process, a_signal_shows_in_the_exit_code) {
  Process process({"sleep", "60"});
  process.signal(SIGKILL);
  EXPECT_EQ(process.wait(seconds(10)), 128 + SIGKILL);
}

TEST(Process, waits_for_a_line_while_the_program_runs) {
  Process process({"sh", "-c", "echo it is ready now; exec sleep 60"});
  EXPECT_TRUE(process.wait_for_line("ready", seconds(10)));
  EXPECT_TRUE(process.running());
}

TEST(Process, does_not_wait_for_a_line_after_the_end) {
  Process process({"sh", "-c", "echo something else"});
  EXPECT_FALSE(process.wait_for_line("ready", seconds(60)));
}

TEST(Process, ends_with_its_children_when_it_goes_out_of_scope) {
  pid_t child = 0;
  {
    ProcessOptions options;
    options.grace = std::chrono::milliseconds(100);
    Process process({"sh", "-c", "trap '' TERM; sleep 60 & echo child $!; wait; wait"}, options);
    ASSERT_TRUE(process.wait_for_line("child", seconds(10)));
    child = static_cast<pid_t>(std::stol(process.out().substr(6)));
    ASSERT_TRUE(alive(child));
  }
  EXPECT_TRUE(eventually(seconds(5), [&] { return !alive(child); }));
}

}  // namespace
}  // namespace certfleet::testing
