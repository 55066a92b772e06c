// The sequence on a played node: whatever call fails or crashes, the node ends consistent.
#include "workers/apply/sequence.h"

#include <gtest/gtest.h>

#include <set>

namespace certfleet::apply {
namespace {

using namespace std::chrono_literals;

const Identity old_one{"0a", "aa"};
const Identity new_one{"0b", "bb"};

struct Crash {};  // no Failure: nothing in the sequence may catch it

// What is on the node and what its server has loaded. Lives on when an attempt dies.
struct Node {
  Found found;
  Identity on_disk = old_one;
  Identity loaded = old_one;
  bool half = false;          // key and certificate don't fit at this moment
  bool refuses_new = false;   // the configuration test fails with the new pair
  bool serves_wrong = false;  // the new certificate never shows
  std::vector<std::string> calls;

  bool fits() const { return !half; }
};

// Each call counts; the n-th one crashes or fails, before or after it has worked.
struct Mishap {
  int at = 0;
  bool after = false;
  std::function<void()> happen = [] { throw Crash(); };
  int count = 0;
};

class PlayedTarget final : public Target {
 public:
  PlayedTarget(Node& node, Mishap& mishap) : node_(node), mishap_(mishap) {}

  void open(const Budget&) override {
    call("open", [] {});
  }
  void close() noexcept override {}
  Found look(const Budget&) override {
    Found found = node_.found;
    call("look", [] {});
    found.before = !node_.half && node_.on_disk == old_one;
    found.wanted = !node_.half && node_.on_disk == new_one;
    return found;
  }
  void prepare(const Budget&) override {
    call("prepare", [&] { node_.found.ready = true; });
  }
  void install(const Budget&) override {
    ASSERT_TRUE(node_.found.ready) << "installed without a backup";
    node_.half = true;
    call("install", [&] { put(new_one); });
  }
  void restore(const Budget&) override {
    ASSERT_TRUE(node_.found.ready);
    node_.half = true;
    call("restore", [&] { put(old_one); });
  }
  void activate(Side side, const Budget&) override {
    call("activate", [&] {
      if (side == Side::wanted && node_.refuses_new)
        throw Failure(Fault::permanent, 1812, "configtest said no");
      EXPECT_TRUE(node_.fits()) << "reloaded with a key that does not fit";
      node_.loaded = node_.on_disk;
    });
  }
  std::optional<Identity> previous(const Budget&) override { return old_one; }
  void keep(const Budget&) override {
    call("keep", [] {});
  }
  void clean_up(Side outcome, const Budget&) override {
    call("clean_up", [&] {
      if (outcome == Side::before) node_.found.ready = false;
    });
  }

 private:
  void put(const Identity& which) {
    node_.on_disk = which;
    node_.half = false;
  }
  void call(const char* name, const std::function<void()>& work) {
    node_.calls.emplace_back(name);
    bool now = ++mishap_.count == mishap_.at;
    if (now && !mishap_.after) mishap_.happen();
    work();
    if (now && mishap_.after) mishap_.happen();
  }
  Node& node_;
  Mishap& mishap_;
};

class SequenceTest : public ::testing::Test {
 protected:
  Node node;
  Mishap mishap;
  Step durable = Step::none;
  std::string reason;
  std::set<int> traced;
  std::stop_source stop;
  Tracer tracer{[this](const trace::Line& line) { traced.insert(line.id); }};

  Sequence::Ending attempt(const std::optional<Failure>& against = {}) {
    PlayedTarget target(node, mishap);
    auto probe = [this](const Budget&) -> Sighting {
      if (node.serves_wrong && node.loaded == new_one) return {std::nullopt, "nobody answers"};
      return {node.loaded, {}};
    };
    auto journal = [this](Step step, const std::string& error) {
      bool now = ++mishap.count == mishap.at;
      if (now && !mishap.after) mishap.happen();
      durable = step;
      if (!error.empty()) reason = error;
      if (now && mishap.after) mishap.happen();
    };
    SequenceLimits limits;
    limits.confirm = 150ms;
    limits.confirm_return = 150ms;
    Sequence sequence({target, probe, new_one, journal, tracer, limits},
                      {Deadline::in(300s), stop.get_token()});
    return sequence.run(durable, reason, against);
  }
};

TEST_F(SequenceTest, the_way_forward_ends_confirmed) {
  auto ending = attempt();
  EXPECT_TRUE(ending.applied);
  EXPECT_EQ(durable, Step::confirmed);
  EXPECT_EQ(node.loaded, new_one);
  EXPECT_TRUE(traced.contains(1857));
  EXPECT_FALSE(traced.contains(1861));
}

TEST_F(SequenceTest, the_intent_is_durable_before_anything_in_use_is_touched) {
  mishap.happen = [&] {
    EXPECT_EQ(node.on_disk, old_one);
    EXPECT_EQ(durable, Step::none);
    throw Crash();
  };
  mishap.at = 3;  // open, prepare, then the journal
  EXPECT_THROW(attempt(), Crash);
  EXPECT_EQ(node.calls, (std::vector<std::string>{"open", "prepare"}));
}

TEST_F(SequenceTest, a_refused_configuration_puts_the_old_pair_back_and_confirms_it) {
  node.refuses_new = true;
  auto ending = attempt();
  EXPECT_FALSE(ending.applied);
  ASSERT_TRUE(ending.why);
  EXPECT_STREQ(ending.why->what(), "configtest said no");
  EXPECT_EQ(durable, Step::restored);
  EXPECT_EQ(node.on_disk, old_one);
  EXPECT_EQ(node.loaded, old_one);
  EXPECT_TRUE(traced.contains(1861));
}

TEST_F(SequenceTest, a_certificate_that_is_not_served_is_taken_back) {
  node.serves_wrong = true;
  auto ending = attempt();
  EXPECT_FALSE(ending.applied);
  EXPECT_EQ(ending.why->trace_id(), 1815);
  EXPECT_EQ(node.loaded, old_one);
}

// Every call of every way, crashed before and after its work; then a second attempt without mishap.
TEST_F(SequenceTest, after_a_crash_anywhere_the_next_attempt_restores_or_completes) {
  for (bool fails : {false, true})
    for (bool after : {false, true})
      for (int at = 1;; ++at) {
        ASSERT_LT(at, 50);
        node = {};
        node.refuses_new = fails;
        durable = Step::none;
        reason.clear();
        mishap = {.at = at, .after = after};
        bool crashed = false;
        try {
          attempt();
        } catch (const Crash&) {
          crashed = true;
        }
        if (!crashed) break;
        if (durable == Step::none) {
          EXPECT_EQ(node.on_disk, old_one) << at;
        }
        mishap = {};
        auto ending = attempt();
        EXPECT_EQ(ending.applied, !fails) << "crashed at call " << at;
        EXPECT_TRUE(node.fits()) << at;
        EXPECT_EQ(node.loaded, fails ? old_one : new_one) << at;
        EXPECT_EQ(node.on_disk, fails ? old_one : new_one) << at;
      }
}

TEST_F(SequenceTest, a_connection_lost_anywhere_after_the_change_is_made_anew_within_the_attempt) {
  for (int at = 4;; ++at) {
    ASSERT_LT(at, 50);
    node = {};
    durable = Step::none;
    mishap = {.at = at, .happen = [] { throw Failure(Fault::unreachable, 1825, "connection lost"); }};
    try {
      auto ending = attempt();
      EXPECT_TRUE(ending.applied) << at;
      EXPECT_EQ(node.loaded, new_one) << at;
    } catch (const Failure& failure) {
      // Only the journal's own failure ends the attempt: the database is what can't be done without.
      EXPECT_EQ(failure.fault(), Fault::unreachable) << at;
      mishap = {};
      EXPECT_TRUE(attempt().applied) << at;
    }
    if (mishap.count < at && mishap.at != 0) break;
  }
}

TEST_F(SequenceTest, a_transient_failure_before_any_change_leaves_the_attempt_to_be_repeated) {
  mishap = {.at = 2, .happen = [] { throw Failure(Fault::unreachable, 1825, "connection lost"); }};
  EXPECT_THROW(attempt(), Failure);
  EXPECT_EQ(durable, Step::none);
  EXPECT_FALSE(traced.contains(1861));
}

TEST_F(SequenceTest, who_has_lost_the_node_touches_nothing_more) {
  mishap = {.at = 5, .happen = [] { throw Failure(Fault::stale, "taken over"); }};
  EXPECT_THROW(attempt(), Failure);
  EXPECT_EQ(node.calls.back(), "install");
}

TEST_F(SequenceTest, a_stop_in_the_middle_goes_back_and_leaves_the_apply_to_be_begun_anew) {
  mishap = {.at = 6, .happen = [&] {
              stop.request_stop();
              throw Failure(Fault::retry, "stopped");
            }};
  EXPECT_THROW(attempt(), Failure);
  EXPECT_EQ(durable, Step::none);
  EXPECT_EQ(node.on_disk, old_one);
  EXPECT_EQ(node.loaded, old_one);
}

TEST_F(SequenceTest, a_reason_against_it_puts_a_node_back_that_is_being_changed) {
  for (bool stopped : {true, false}) {
    node = {};
    node.found.ready = true;
    node.half = true;
    durable = Step::changing;
    auto why = stopped ? Failure(Fault::retry, "cancelled") : Failure(Fault::not_found, 2404, "it is gone");
    if (stopped) {
      EXPECT_THROW(attempt(why), Failure);
      EXPECT_EQ(durable, Step::none);
      EXPECT_EQ(reason, "") << "nothing was wrong with it";
      EXPECT_TRUE(traced.contains(1831));
    } else {
      EXPECT_FALSE(attempt(why).applied);
      EXPECT_EQ(durable, Step::restored);
      EXPECT_EQ(reason, "it is gone");
    }
    EXPECT_TRUE(node.fits());
    EXPECT_EQ(node.on_disk, old_one);
    EXPECT_EQ(node.loaded, old_one);
  }
}

TEST_F(SequenceTest, a_return_because_of_a_stop_is_one_also_after_a_crash) {
  for (auto step : {Step::restoring, Step::restored}) {
    node = {};
    node.found.ready = true;
    node.half = step == Step::restoring;
    durable = step;
    EXPECT_THROW(attempt(), Failure);
    EXPECT_EQ(durable, Step::none) << to_string(step);
    EXPECT_EQ(node.on_disk, old_one);
  }
}

TEST_F(SequenceTest, the_decision_to_go_back_is_never_taken_again) {
  node.refuses_new = true;
  mishap = {.at = 9};  // the first call on the way back
  EXPECT_THROW(attempt(), Crash);
  ASSERT_EQ(durable, Step::restoring);
  node.refuses_new = false;  // the node would take it now
  mishap = {};
  auto ending = attempt();
  EXPECT_FALSE(ending.applied);
  EXPECT_STREQ(ending.why->what(), "configtest said no") << "the reason is kept";
  EXPECT_EQ(node.loaded, old_one);
}

TEST_F(SequenceTest, a_lost_backup_is_never_reported_as_a_return) {
  durable = Step::restoring;
  node.half = true;
  try {
    attempt();
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.trace_id(), 1816);
    EXPECT_FALSE(failure.transient());
  }
  EXPECT_EQ(durable, Step::restoring);
}

TEST_F(SequenceTest, what_can_not_be_cleaned_up_changes_no_outcome) {
  for (int at = 1; at < 20; ++at) {
    node = {};
    durable = Step::none;
    mishap = {.at = at, .happen = [&] {
                if (node.calls.back() == "clean_up") throw Failure(Fault::permanent, 1812, "no space");
              }};
    EXPECT_TRUE(attempt().applied);
  }
  EXPECT_TRUE(traced.contains(1840));
}

}  // namespace
}  // namespace certfleet::apply
