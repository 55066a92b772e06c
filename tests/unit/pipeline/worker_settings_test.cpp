#include <gtest/gtest.h>

#include "lib/base/error.h"
#include "lib/pipeline/session_core.h"
#include "lib/pipeline/worker.h"

namespace certfleet::pipeline {
namespace {

using namespace std::chrono_literals;

Config config(const std::string& worker) {
  return Config::parse("[database]\ndsn = \"dbname=x\"\n[worker]\n" + worker, "worker.toml");
}

WorkerSettings read(const std::string& worker) {
  auto file = config(worker);
  auto settings = read_worker_settings(file, domain::Queue::apply);
  file.refuse_unknown();
  return settings;
}

TEST(WorkerSettings, are_those_of_the_design_if_nothing_is_said) {
  auto settings = read("");
  EXPECT_EQ(settings.limits.slots, 4);
  EXPECT_EQ(settings.drain_limit, 30s);
  EXPECT_EQ(settings.session.beat, 5s);
  EXPECT_EQ(settings.session.life, 15s);
  EXPECT_EQ(settings.session.margin, 2s);
}

TEST(WorkerSettings, a_session_may_be_as_short_as_two_heartbeats) {
  for (int beat : {1, 2, 5, 300}) {
    auto settings =
        read("heartbeat_s = " + std::to_string(beat) + "\nsession_life_s = " + std::to_string(2 * beat));
    EXPECT_EQ(settings.session.life, 2 * beat * 1s);
    SessionCore core(settings.session);  // whose invariant holds
  }
}

struct Bad {
  const char* settings;
  const char* message;
};

void PrintTo(const Bad& bad, std::ostream* out) {
  *out << bad.settings;
}

class BadWorkerSettings : public ::testing::TestWithParam<Bad> {};

TEST_P(BadWorkerSettings, are_refused_with_the_name_of_the_field) {
  try {
    read(GetParam().settings);
    FAIL() << "accepted";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.fault(), Fault::usage);
    EXPECT_STREQ(failure.what(), (std::string("worker.toml: ") + GetParam().message).c_str());
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadWorkerSettings,
    ::testing::Values(Bad{"session_life_s = 9", "worker.session_life_s: must be at least two heartbeats, 10"},
                      Bad{"heartbeat_s = 8", "worker.session_life_s: must be at least two heartbeats, 16"},
                      Bad{"session_life_s = 0", "worker.session_life_s: must be between 1 and 3600"},
                      Bad{"heartbeat_s = 0", "worker.heartbeat_s: must be between 1 and 300"},
                      Bad{"heartbeat_s = -5", "worker.heartbeat_s: must be between 1 and 300"},
                      Bad{"slots = 0", "worker.slots: must be between 1 and 256"},
                      Bad{"slots = 257", "worker.slots: must be between 1 and 256"},
                      Bad{"slots = -1", "worker.slots: must be between 1 and 256"},
                      Bad{"slots = 4.5", "worker.slots: must be a whole number"},
                      Bad{"slots = \"4\"", "worker.slots: must be a whole number"},
                      Bad{"drain_limit_s = -1", "worker.drain_limit_s: must be between 0 and 3600"},
                      Bad{"queue = \"nonsense\"", "worker.queue: is not a known setting"},
                      Bad{"Slots = 4", "worker.Slots: is not a known setting"}));

}  // namespace
}  // namespace certfleet::pipeline
