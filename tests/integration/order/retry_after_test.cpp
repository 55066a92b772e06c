// A CA that is busy or takes its time is left alone as long as it asks (Retry-After): a real order worker, scheduler
// and broker, and a real ACME server behind a relay, since that one never asks for anything.
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cmath>

#include "tests/faults/points/point_house.h"
#include "tests/integration/order/ca_relay.h"
#include "tests/integration/order/order_house.h"
#include "tests/support/eventually.h"

namespace certfleet::testing {
namespace {

using namespace std::chrono_literals;
using domain::Queue;
using std::chrono::seconds;

constexpr auto soon = 30s;
constexpr seconds longest = 24h;  // whatever a CA asks for (lib/net/http.h)

double epoch(WallTime time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

// As RFC 9110 writes dates.
std::string http_date(WallTime time) {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S GMT}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

class RetryAfter : public OrderHouse {
 protected:
  explicit RetryAfter(std::map<std::string, std::string> pebble = {})
      : OrderHouse(with_good_nonces(std::move(pebble))) {
    sql(fmt::format("UPDATE ca_account SET directory_url = '{}', ca_pem = '{}'", relay_.directory_url(),
                    relay_.ca_pem()));
    house_.start_scheduler();
    house_.start_worker(Queue::order);
  }
  ~RetryAfter() override { EXPECT_THAT(relay_.wrongs(), ::testing::IsEmpty()); }

  OrderId start_order(const std::string& name) {
    auto id = start(add_service(name, name + ".test")).id;
    EXPECT_TRUE(make_csr());
    return id;
  }

  // Its job has been worked on so often and waits again. The last request that the CA saw was this one.
  void wait_for_the_attempt(int number, const std::string& last_request) {
    auto waiting = fmt::format("SELECT count(*) FROM job WHERE job.state = 'waiting' AND deliveries = {}", number);
    ASSERT_TRUE(eventually(soon, [&] { return sql(waiting) == "1"; }))
        << "attempt " << number << ": " << sql("SELECT job.state || ' ' || deliveries FROM job");
    ASSERT_THAT(relay_.seen(), ::testing::Not(::testing::IsEmpty()));
    EXPECT_THAT(relay_.seen().back().path, ::testing::HasSubstr(last_request));
  }
  // When the job comes again, by its row.
  double comes_again() {
    return std::stod(sql("SELECT extract(epoch FROM run_at) FROM job WHERE job.state = 'waiting'"));
  }
  // So long after the answer, and later only by the moments until it was written down.
  void expect_to_wait(seconds asked) {
    auto answered = relay_.seen().back().answered;
    EXPECT_GE(comes_again(), epoch(answered + asked));
    EXPECT_LE(comes_again(), epoch(std::chrono::system_clock::now() + asked));
  }
  void expect_to_wait_until(WallTime date) {
    EXPECT_GE(comes_again(), std::floor(epoch(date)));
    auto moments = std::chrono::system_clock::now() - relay_.seen().back().answered;
    EXPECT_LE(comes_again(), epoch(date + 1s + moments));
  }
  // Nearly all of its wait passes at once: the CA hears of us when the rest is over, and not before.
  void let_time_pass() {
    auto before = relay_.seen().size();
    auto due = std::stod(sql("UPDATE job SET run_at = now() + interval '0.5 s' WHERE job.state = 'waiting'"
                             " RETURNING extract(epoch FROM run_at)"));
    ASSERT_TRUE(eventually(soon, [&] { return relay_.seen().size() > before; }));
    EXPECT_GE(epoch(relay_.seen()[before].at), due);
  }
  std::string failed_attempts() { return sql("SELECT attempts_failed FROM job WHERE kind = 'order.place'"); }

  CaRelay relay_{pebble_->env("PEBBLE_DIRECTORY"), pebble_->env("PEBBLE_CA")};
  faults::PointHouse house_{database_, sealing_key_};

 private:
  // Its refusals of good nonces would be further requests here and there.
  static std::map<std::string, std::string> with_good_nonces(std::map<std::string, std::string> pebble) {
    pebble["PEBBLE_NONCEREJECT"] = "0";
    return pebble;
  }
};

// A CA that needs up to an hour to validate a name.
class SlowRetryAfter : public RetryAfter {
 protected:
  SlowRetryAfter() : RetryAfter({{"PEBBLE_VA_SLEEPTIME", "3600"}}) {}
};

// In the order in which an order's way has them. What is refused is a failed attempt (docs/faults.md).
TEST_F(RetryAfter, a_request_that_is_refused_is_not_repeated_before) {
  struct Refusal {
    std::string request;
    int status;
    seconds asked;  // longer than the wait after any failed attempt
    bool date;
  };
  std::vector<Refusal> way = {{"/dir", 503, 2h, false},          {"/nonce-plz", 503, 3h, true},
                              {"/sign-me-up", 429, 2h, true},    {"/order-plz", 429, 5h, false},
                              {"/my-order", 503, 7201s, true},   {"/authZ", 503, 7202s, false},
                              {"/chalZ", 429, 7203s, true},      {"/finalize-order", 503, 7204s, false},
                              {"/certZ", 503, 7205s, true}};
  auto id = start_order("shop");
  int attempts = 0;
  for (const auto& each : way) {
    SCOPED_TRACE(each.request);
    auto date = std::chrono::system_clock::now() + each.asked;
    auto header = each.date ? http_date(date) : fmt::format("{}", each.asked.count());
    relay_.mend();
    relay_.refuse(each.request, each.status, {{"Retry-After", header}});
    if (attempts > 0) let_time_pass();
    ++attempts;
    ASSERT_NO_FATAL_FAILURE(wait_for_the_attempt(attempts, each.request));
    EXPECT_EQ(relay_.seen().back().status, each.status);
    each.date ? expect_to_wait_until(date) : expect_to_wait(each.asked);
    EXPECT_EQ(failed_attempts(), std::to_string(attempts));
  }
  relay_.mend();
  let_time_pass();
  ASSERT_TRUE(house_.eventually_is("SELECT state FROM ca_order", "issued")) << get(id).error.value_or("");
  EXPECT_EQ(sql("SELECT attempts_failed || ' ' || crashes FROM job_history WHERE kind = 'order.place'"),
            fmt::format("{} 0", attempts));
}

TEST_F(RetryAfter, nobody_is_left_alone_for_longer_than_a_day) {
  start_order("shop");
  std::vector<std::string> askings = {"31536000", "99999999999999999999",
                                      http_date(std::chrono::system_clock::now() + std::chrono::years(1))};
  int attempts = 0;
  for (const auto& each : askings) {
    SCOPED_TRACE(each);
    relay_.mend();
    relay_.refuse("/order-plz", 503, {{"Retry-After", each}});
    if (attempts > 0) let_time_pass();
    ASSERT_NO_FATAL_FAILURE(wait_for_the_attempt(++attempts, "/order-plz"));
    expect_to_wait(longest);
  }
}

TEST_F(RetryAfter, a_date_is_read_by_the_clock_of_who_wrote_it) {
  start_order("shop");
  auto theirs = std::chrono::system_clock::now() - 3h;
  relay_.refuse("/order-plz", 429, {{"Date", http_date(theirs)}, {"Retry-After", http_date(theirs + 2h)}});
  ASSERT_NO_FATAL_FAILURE(wait_for_the_attempt(1, "/order-plz"));
  expect_to_wait(2h);
}

TEST_F(RetryAfter, an_order_whose_time_has_come_takes_no_other_along) {
  relay_.refuse("/order-plz", 429, {{"Retry-After", "7200"}});
  auto first = start_order("first");
  ASSERT_NO_FATAL_FAILURE(wait_for_the_attempt(1, "/order-plz"));
  expect_to_wait(2h);
  auto second = start_order("second");
  ASSERT_TRUE(house_.eventually_is("SELECT count(*) FROM job WHERE job.state = 'waiting' AND deliveries = 1", "2"));
  relay_.mend();
  auto row = fmt::format("SELECT fence || ' ' || deliveries || ' ' || run_at FROM job WHERE subject_id = {}",
                         first.value());
  auto before = sql(row);
  sql(fmt::format("UPDATE job SET run_at = now() WHERE subject_id = {}", second.value()));
  ASSERT_TRUE(house_.eventually_is(fmt::format("SELECT state FROM ca_order WHERE id = {}", second.value()), "issued"));
  EXPECT_EQ(sql(row), before) << "nobody has touched it";
  int placed = 0;
  for (const auto& each : relay_.seen()) placed += each.path == "/order-plz" ? 1 : 0;
  EXPECT_EQ(placed, 3) << "each once, and the second once more";
}

TEST_F(SlowRetryAfter, a_pending_order_and_its_authorizations_are_looked_at_when_both_are_over) {
  auto id = start_order("shop");
  struct Case {
    std::string order, authorization;
    seconds asked;
  };
  int attempts = 0;
  for (const auto& each : std::vector<Case>{{"31", "5", 31s},  // too long to hold a slot for
                                            {"1800", "60", 30min},
                                            {"60", "2400", 40min},
                                            {"31536000", "60", longest},
                                            {"60", "31536000", longest}}) {
    SCOPED_TRACE(each.order + " and " + each.authorization);
    relay_.mend();
    relay_.add_to_answers("/my-order", {{"Retry-After", each.order}});
    relay_.add_to_answers("/authZ", {{"Retry-After", each.authorization}});
    if (attempts > 0) let_time_pass();
    ASSERT_NO_FATAL_FAILURE(wait_for_the_attempt(++attempts, "/authZ"));
    expect_to_wait(each.asked);
    EXPECT_EQ(failed_attempts(), "0") << "the CA takes its time; nothing has failed";
  }
  EXPECT_EQ(get(id).state, "placed");
  EXPECT_EQ(get(id).error, std::nullopt);
}

// RFC 8555 section 7.4: the answer to finalize says when to look.
TEST_F(RetryAfter, an_order_that_was_finalized_is_not_looked_at_before) {
  auto id = start_order("shop");
  relay_.add_to_answers("/finalize-order", {{"Retry-After", "5400"}});
  ASSERT_NO_FATAL_FAILURE(wait_for_the_attempt(1, "/finalize-order"));
  expect_to_wait(90min);
  EXPECT_EQ(failed_attempts(), "0");
  relay_.mend();
  let_time_pass();
  ASSERT_TRUE(house_.eventually_is("SELECT state FROM ca_order", "issued")) << get(id).error.value_or("");
}

}  // namespace
}  // namespace certfleet::testing
