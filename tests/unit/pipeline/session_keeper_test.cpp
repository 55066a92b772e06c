#include "lib/pipeline/session_keeper.h"

#include <gtest/gtest.h>

#include <future>

#include "lib/base/error.h"

namespace certfleet::pipeline {
namespace {

using namespace std::chrono_literals;

// A database whose answers the test gives. Nothing but sessions is asked of it.
class Sessions final : public store::JobStore {
 public:
  struct Answers {
    std::promise<bool> renewed;  // the first renewal's; later ones find the session alive
    std::atomic<int> opened{0};
    std::promise<void> asked;
  };
  explicit Sessions(Answers& answers) : answers_(answers) {}

  SessionId open_session(const store::SessionInfo&, std::chrono::seconds) override {
    return SessionId(++answers_.opened);
  }
  store::Heartbeat renew(SessionId, std::chrono::seconds, bool) override {
    if (first_) {
      first_ = false;
      answers_.asked.set_value();
      return {answers_.renewed.get_future().get(), {}};
    }
    return {true, {}};
  }
  void close_session(SessionId) override {}
  std::vector<domain::Job> claim_offered(SessionId, domain::Queue, std::vector<JobId>) override { return none(); }
  std::vector<domain::Job> claim_ready(SessionId, domain::Queue, SiteId, int) override { return none(); }
  std::vector<domain::JobRef> release_unknown(SessionId, const std::vector<JobId>&) override { return refs(); }
  store::Completed complete(const std::vector<store::Finished>&) override { return refs(), store::Completed{}; }
  std::vector<domain::JobRef> commit_guarded(JobId, Fence, const std::function<void(store::Tx&)>&) override {
    return refs();
  }
  void read(const std::function<void(store::Tx&)>&) override { refs(); }
  store::Swept sweep(int) override { return refs(), store::Swept{}; }
  std::vector<domain::JobRef> promote_due(int) override { return refs(); }
  std::vector<domain::JobRef> ready_jobs(domain::Queue, int) override { return refs(); }

 private:
  static std::vector<domain::JobRef> refs() { throw Failure(Fault::permanent, "not asked for"); }
  static std::vector<domain::Job> none() { return refs(), std::vector<domain::Job>{}; }

  Answers& answers_;
  bool first_ = true;
};

constexpr SessionTimes quick{.life = 1s, .beat = 100ms, .retry = 50ms, .margin = 200ms};

TEST(SessionKeeper, tells_of_a_loss_in_time_though_the_database_does_not_answer) {
  Sessions::Answers answers;
  std::promise<void> lost;
  SessionKeeper keeper(std::make_unique<Sessions>(answers), {}, quick, {[&] { lost.set_value(); }, [](const auto&) {}});
  answers.asked.get_future().wait();
  EXPECT_TRUE(keeper.sure(SessionId(1)));
  EXPECT_FALSE(keeper.sure(SessionId(2)));
  EXPECT_FALSE(keeper.sure(SessionId()));

  auto told = lost.get_future();
  ASSERT_EQ(told.wait_for(5s), std::future_status::ready);  // a second call would throw
  EXPECT_FALSE(keeper.sure(SessionId(1)));
  EXPECT_EQ(keeper.current(), SessionId());

  // The answer that it is alive comes too late: another one is opened, and only that is sure.
  answers.renewed.set_value(true);
  auto deadline = Deadline::in(5s);
  while (answers.opened < 2 && !deadline.over()) std::this_thread::yield();
  while (!keeper.sure(SessionId(2)) && !deadline.over()) std::this_thread::yield();
  EXPECT_TRUE(keeper.sure(SessionId(2)));
  EXPECT_FALSE(keeper.sure(SessionId(1)));
}

TEST(SessionKeeper, tells_of_a_session_that_lapsed_in_the_database_once) {
  Sessions::Answers answers;
  std::atomic<int> losses{0};
  {
    SessionKeeper keeper(std::make_unique<Sessions>(answers), {}, quick, {[&] { ++losses; }, [](const auto&) {}});
    answers.asked.get_future().wait();
    answers.renewed.set_value(false);
    auto deadline = Deadline::in(5s);
    while (!keeper.sure(SessionId(2)) && !deadline.over()) std::this_thread::yield();
    EXPECT_TRUE(keeper.sure(SessionId(2)));
  }
  EXPECT_EQ(losses, 1);
}

}  // namespace
}  // namespace certfleet::pipeline
