// I1, I2 and I5 at the points of an apply's way: a real sshd, a real Apache.
#include <fmt/format.h>

#include <functional>

#include "tests/faults/points/point_house.h"
#include "tests/integration/apply/apply_house.h"

namespace certfleet::faults {
namespace {

using domain::Queue;

class ApplyPoints : public apply::ApplyHouse {
 protected:
  void SetUp() override {
    ApplyHouse::SetUp();
    if (!IsSkipped()) house_.start_scheduler();
  }

  // A new certificate is under way to the node while one worker after another dies at these points.
  void kill_at(const std::vector<std::string>& points, const std::string& end,
               const std::function<void()>& meanwhile = [] {}) {
    auto before = served();
    auto wanted = issue();
    auto id = start().id;
    house_.kill_at(Queue::apply, points, [&](const std::string& point) {
      EXPECT_TRUE(pair_fits()) << point;
      EXPECT_TRUE(served()) << point;
      meanwhile();
    });
    expect_ended(id, end, end == "applied" ? wanted : before);
    house_.stop_workers(Queue::apply);
  }

  void expect_ended(ApplyId id, const std::string& end, const std::optional<apply::Identity>& identity) {
    auto which = fmt::format("WHERE kind = 'apply.run' AND subject_id = {}", id.value());
    ASSERT_TRUE(house_.eventually_is("SELECT count(*) FROM job_history " + which, "1")) << traces(get(id));
    EXPECT_EQ(get(id).state, end) << get(id).error.value_or("");
    EXPECT_EQ(sql("SELECT count(*) FROM job " + which), "0");
    EXPECT_EQ(sql("SELECT count(*) FROM job_dead"), "0");
    EXPECT_EQ(served(), identity);
    EXPECT_TRUE(pair_fits());
    EXPECT_EQ(sql(fmt::format("SELECT string_agg(event, ' ' ORDER BY id) FROM mail WHERE request_no = {}",
                              get(id).request_no)),
              end == "applied" ? "apply_started apply_succeeded" : "apply_started apply_failed");
  }

  PointHouse house_{database_, sealing_key_};
};

TEST_F(ApplyPoints, a_worker_that_dies_before_the_node_is_changed_leaves_it_as_it_was_until_another_goes_on) {
  kill_at({"apply.prepare.before", "apply.prepare.after", "intent.before", "intent.after"}, "applied");
  EXPECT_TRUE(starts_again());
}

TEST_F(ApplyPoints, a_worker_that_dies_while_the_node_is_changed_leaves_it_sound) {
  kill_at({"apply.install.before", "apply.install.after", "apply.activate.before", "apply.activate.after"},
          "applied");
  kill_at({"apply.keep.before", "apply.keep.after", "apply.clean_up.before", "apply.clean_up.after"}, "applied");
  EXPECT_TRUE(starts_again());
}

TEST_F(ApplyPoints, a_worker_that_dies_on_the_way_back_leaves_the_node_sound) {
  auto before = served();
  break_configuration(true);
  // What the first one has put in place must not pass for what was there before.
  kill_at({"apply.install.after"}, "rolled_back");
  kill_at({"apply.restore.before", "apply.restore.after", "apply.reactivate.before", "apply.reactivate.after"},
          "rolled_back");
  // Once begun it is the way, also if the way forward would be free again.
  kill_at({"apply.restore.before"}, "rolled_back", [&] { break_configuration(false); });
  EXPECT_TRUE(starts_again());
  EXPECT_EQ(served(), before) << "from its files, not from memory";
}

TEST_F(ApplyPoints, a_worker_that_thaws_before_it_changes_the_node_does_not_touch_it) {
  auto wanted = issue();
  auto first = start().id;
  apply::Identity latest;
  ApplyId second;
  house_.freeze_at(Queue::apply, "apply.install.before", [&] {
    if (get(first).state != "applied") return false;
    if (second.value() == 0) {
      EXPECT_EQ(served(), wanted);
      latest = issue();
      second = start().id;
    }
    return get(second).state == "applied";
  });
  expect_ended(first, "applied", latest);
  expect_ended(second, "applied", latest);
}

}  // namespace
}  // namespace certfleet::faults
