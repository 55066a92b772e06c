#include "workers/order/pause.h"

#include <gtest/gtest.h>

#include <thread>

namespace certfleet::order {
namespace {

using namespace std::chrono_literals;

TEST(Pause, lasts_its_span_and_no_longer_than_the_deadline) {
  auto begin = Monotonic::now();
  EXPECT_TRUE(pause(20ms, Deadline::in(1h), {}));
  EXPECT_GE(Monotonic::now() - begin, 20ms);
  EXPECT_TRUE(pause(1h, Deadline::in(10ms), {}));
}

TEST(Pause, ends_when_a_stop_is_asked_for) {
  std::stop_source stop;
  std::jthread other([&] { stop.request_stop(); });
  EXPECT_FALSE(pause(1h, Deadline::in(1h), stop.get_token()));
}

}  // namespace
}  // namespace certfleet::order
