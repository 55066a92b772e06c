// The line of an order on real parts: what becomes of it when all goes well, and when something is wrong.
#include <fmt/format.h>

#include "lib/base/file.h"
#include "lib/pki/chain.h"
#include "lib/pki/csr.h"
#include "lib/store/applies.h"
#include "lib/store/certificates.h"
#include "lib/store/jobs.h"
#include "tests/integration/order/order_house.h"
#include "tests/support/failure.h"
#include "tests/support/free_port.h"

namespace certfleet::testing {
namespace {

using namespace std::chrono_literals;

class OrderLine : public OrderHouse {
 protected:
  domain::StoredCertificate current(ServiceId service) {
    store::Database database(database_.settings_as("certfleet_order"));
    return database.reading([&](store::Tx& tx) { return store::certificates::current(tx, service); }).value();
  }
  void send_csr_job_again(OrderId id) {
    store::Database database(database_.settings());
    database.write([&](store::Tx& tx) {
      auto order = store::orders::get(tx, id);
      store::jobs::enqueue(tx, {.kind = "csr.make",
                                .subject = id.value(),
                                .service = order.service,
                                .request_no = order.request_no,
                                .concurrency_key = domain::key_of(id)});
    });
  }
};

TEST_F(OrderLine, goes_from_key_to_stored_certificate) {
  auto shop = add_service("shop", "shop.test", "{www.shop.test,api.shop.test}");
  auto done = order(shop);
  ASSERT_EQ(done.state, "issued") << done.error.value_or("");
  auto stored = current(shop);
  EXPECT_EQ(stored.slot, 1);
  EXPECT_EQ(stored.common_name, "shop.test");

  auto chain = pki::order_chain(stored.leaf_pem, stored.chain_pem);
  auto root = pki::Certificate::from_pem(read_file(pebble_->env("PEBBLE_ROOT")));
  EXPECT_TRUE(chain.intermediates.back().issued_by(root));
  for (const auto* name : {"shop.test", "www.shop.test", "api.shop.test"})
    EXPECT_TRUE(chain.leaf.covers(name));

  auto box = sql("SELECT encode(key_sealed, 'escape') FROM key_pair");
  EXPECT_EQ(box.find("PRIVATE KEY"), std::string::npos);
  store::Database apply(database_.settings_as("certfleet_apply"));
  store::applies::Apply what;
  what.certificate = stored.id;
  auto material = apply.reading([&](store::Tx& tx) { return store::applies::material(tx, what); });
  auto key = pki::PrivateKey::from_pem(pki::open(
      std::span(&sealing_key_, 1), domain::purpose::key_pair(chain.leaf.spki_sha256()), material.key));
  EXPECT_TRUE(chain.leaf.matches(key));

  EXPECT_EQ(mails(), "order_started order_progress order_succeeded");
  EXPECT_EQ(sql("SELECT count(*) FROM acme_challenge"), "0");
  EXPECT_EQ(sql("SELECT string_agg(kind || ' ' || outcome, ', ' ORDER BY ended_at) FROM job_history"),
            "csr.make done, order.place done");
  auto all = traces(done);
  for (const auto* each : {"I2004", "I2005", "I2112", "I2114", "I2115", "I2116", "I2117", "I2118", "I2109",
                           "I2119", "I2113", "I26"})
    EXPECT_NE((all + " ").find(std::string(each) + " "), std::string::npos) << each << " in " << all;
  EXPECT_EQ(all.find('E'), std::string::npos) << all;
}

TEST_F(OrderLine, a_second_order_uses_the_account_and_the_other_slot) {
  auto shop = add_service("shop", "shop.test");
  order(shop);
  auto second = order(shop);
  EXPECT_EQ(second.state, "issued");
  EXPECT_EQ(traffic_.accounts, 1);
  EXPECT_EQ(sql("SELECT string_agg(slot::text, ' ' ORDER BY slot) FROM certificate"), "1 2");
  auto third = order(shop);
  EXPECT_EQ(third.state, "issued");
  EXPECT_EQ(sql("SELECT string_agg(order_id::text, ' ' ORDER BY slot) FROM certificate"), "3 2");
  EXPECT_EQ(sql("SELECT count(*) FROM key_pair"), "2") << "the key of the one that had to go goes with it";
}

TEST_F(OrderLine, an_account_that_the_ca_has_forgotten_is_registered_again) {
  auto shop = add_service("shop", "shop.test");
  order(shop);
  sql("UPDATE ca_account SET account_url = regexp_replace(account_url, '[0-9a-f]+$', '4711')");
  EXPECT_EQ(order(shop).state, "issued");
}

TEST_F(OrderLine, a_ca_that_is_not_trusted_ends_the_order) {
  auto shop = add_service("shop", "shop.test");
  sql("UPDATE ca_account SET ca_pem = '" + read_file(pebble_->env("PEBBLE_ROOT")) + "'");
  auto done = order(shop);
  EXPECT_EQ(done.state, "failed");
  expect_says(Failure(Fault::permanent, done.error.value_or("")), "directory: ");
  EXPECT_EQ(mails(), "order_started order_failed");
}

TEST_F(OrderLine, a_kind_of_ca_that_is_not_spoken_ends_the_order_at_once) {
  auto shop = add_service("shop", "shop.test");
  sql("UPDATE ca_account SET kind = 'digicert', directory_url = NULL, contact = NULL,"
      " api_url = 'https://localhost/v2', api_key_sealed = 'x'");
  auto done = order(shop);
  EXPECT_EQ(done.state, "failed");
  EXPECT_NE(done.error.value_or("").find("orders at a CA of kind digicert can't be placed by this version"),
            std::string::npos)
      << done.error.value_or("");
  EXPECT_NE(traces(done).find("E1611"), std::string::npos) << traces(done);
  EXPECT_EQ(sql("SELECT outcome || ' ' || attempts_failed FROM job_history WHERE kind = 'order.place'"), "failed 1")
      << "no attempt but this one";
  EXPECT_EQ(mails(), "order_started order_failed");
}

TEST_F(OrderLine, an_order_with_a_stored_csr_makes_no_key) {
  auto shop = add_service("shop", "shop.test");
  auto key = pki::PrivateKey::generate(pki::KeyAlgorithm::ecdsa_p256);
  sql("INSERT INTO csr (service_id, pem) VALUES (1, '" +
      pki::make_csr(key, {"shop.test", "", "", "", "", "", ""}, {}) + "')");
  sql("UPDATE service SET csr_source = 'stored'");
  auto done = order(shop);
  ASSERT_EQ(done.state, "issued") << done.error.value_or("");
  EXPECT_TRUE(pki::Certificate::from_pem(current(shop).leaf_pem).matches(key));
  EXPECT_EQ(sql("SELECT count(*) FROM key_pair"), "0");
  EXPECT_EQ(traces(done).find("I2004"), std::string::npos);
}

TEST_F(OrderLine, a_ca_that_is_away_is_tried_again) {
  auto shop = add_service("shop", "shop.test");
  auto there = sql("SELECT directory_url FROM ca_account");
  sql(fmt::format("UPDATE ca_account SET directory_url = 'https://localhost:{}/dir'", free_port()));
  auto id = start(shop).id;
  make_csr();
  auto first = place();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->how, store::Finished::How::retry);
  EXPECT_EQ(get(id).state, "started");
  expect_says(Failure(Fault::permanent, get(id).error.value_or("")), "directory: ");
  sql("UPDATE ca_account SET directory_url = '" + there + "'");
  run_all();
  EXPECT_EQ(get(id).state, "issued");
  EXPECT_EQ(get(id).error, std::nullopt);
  EXPECT_EQ(mails(), "order_started order_progress order_progress order_succeeded");
}

TEST_F(OrderLine, a_domain_that_the_ca_can_not_validate_ends_the_order_with_its_words) {
  auto shop = add_service("shop", "shop.test");
  responder_.reset();
  auto done = order(shop);
  EXPECT_EQ(done.state, "failed");
  expect_says(Failure(Fault::permanent, done.error.value_or("")), "shop.test: ");
  expect_says(Failure(Fault::permanent, done.error.value_or("")), "connection refused");
  EXPECT_EQ(traffic_.orders, 4) << "a few are placed, since it may pass";
  EXPECT_EQ(mails(), "order_started order_progress order_progress order_failed")
      << "accepted, and why it did not work";
  EXPECT_NE(traces(done).find("E2107"), std::string::npos) << traces(done);
  EXPECT_EQ(sql("SELECT count(*) FROM acme_challenge"), "0");
  EXPECT_EQ(sql("SELECT outcome FROM job_history WHERE kind = 'order.place'"), "failed");
}

TEST_F(OrderLine, a_responder_that_was_away_in_the_moment_costs_time_only) {
  auto id = start(add_service("shop", "shop.test")).id;
  make_csr();
  auto port = responder_->port();
  responder_.reset();
  auto first = place();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->how, store::Finished::How::retry);
  EXPECT_EQ(first->wait, 10s);
  EXPECT_EQ(get(id).state, "started");
  EXPECT_EQ(get(id).order_url, std::nullopt);
  responder_ = std::make_unique<order::Http01Responder>(fmt::format("127.0.0.1:{}", port),
                                                        database_.settings_as("certfleet_order"));
  run_all();
  EXPECT_EQ(get(id).state, "issued");
  EXPECT_EQ(traffic_.finalizes.size(), 1U);
}

TEST_F(OrderLine, a_wrong_answer_to_a_challenge_ends_the_order_at_once) {
  auto id = start(add_service("shop", "shop.test")).id;
  make_csr();
  // Whoever answers there is not us.
  sql("CREATE RULE spoil AS ON INSERT TO acme_challenge DO ALSO"
      " UPDATE acme_challenge SET key_authorization = 'another' WHERE token = NEW.token");
  run_all();
  EXPECT_EQ(get(id).state, "failed");
  EXPECT_EQ(traffic_.orders, 1);
}

TEST_F(OrderLine, a_name_that_the_ca_refuses_ends_the_order_with_its_words) {
  auto done = order(add_service("bad", "www.blocked.example"));
  EXPECT_EQ(done.state, "failed");
  expect_says(Failure(Fault::permanent, done.error.value_or("")), "rejectedIdentifier");
  EXPECT_EQ(done.order_url, std::nullopt);
}

TEST_F(OrderLine, a_wildcard_is_refused_before_the_ca_hears_of_it) {
  auto done = order(add_service("star", "*.shop.test"));
  EXPECT_EQ(done.state, "failed");
  expect_says(Failure(Fault::permanent, done.error.value_or("")), "*.shop.test: a wildcard name");
  EXPECT_EQ(traffic_.requests, 0);
}

TEST_F(OrderLine, a_ca_that_limits_the_rate_is_left_alone_as_long_as_it_asks) {
  auto id = start(add_service("shop", "shop.test")).id;
  make_csr();
  hand_ = [](const net::HttpRequest& request, net::HttpResponse& response) {
    if (request.url.find("order-plz") == std::string::npos) return;
    response.status = 429;
    response.headers = {{"retry-after", "1234"}};
    response.body = R"({"type":"urn:ietf:params:acme:error:rateLimited","detail":"too many"})";
  };
  auto first = place();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->how, store::Finished::How::retry);
  EXPECT_EQ(first->wait, 1234s);
  EXPECT_EQ(get(id).error, "newOrder: too many (rateLimited)");
}

// A CA that takes its time, as its answers say.
void keep_processing(const net::HttpRequest& request, net::HttpResponse& response) {
  if (request.url.find("my-order") == std::string::npos) return;
  for (const auto* status : {"\"valid\"", "\"ready\""})
    if (auto at = response.body.find(status); at != std::string::npos)
      response.body.replace(at, std::string_view(status).size(), "\"processing\"");
}

TEST_F(OrderLine, a_ca_that_needs_time_gets_it_without_a_failed_attempt) {
  auto id = start(add_service("shop", "shop.test")).id;
  make_csr();
  hand_ = [](const net::HttpRequest& request, net::HttpResponse& response) {
    keep_processing(request, response);
    if (response.body.find("\"processing\"") != std::string::npos)
      response.headers.emplace_back("retry-after", "900");
  };
  auto first = place();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->how, store::Finished::How::release);
  EXPECT_EQ(first->wait, 900s);
  EXPECT_EQ(get(id).state, "placed");
  EXPECT_EQ(sql("SELECT count(*) FROM acme_challenge"), "1") << "the CA may look while nobody holds the job";
  EXPECT_EQ(sql("SELECT attempts_failed FROM job WHERE kind = 'order.place'"), "0");
  hand_ = nullptr;
  run_all();
  EXPECT_EQ(get(id).state, "issued");
}

TEST_F(OrderLine, a_ca_is_left_alone_between_two_looks_as_long_as_it_asks) {
  start(add_service("shop", "shop.test"));
  make_csr();
  std::vector<Instant> looks;
  hand_ = [&](const net::HttpRequest& request, net::HttpResponse& response) {
    if (request.url.find("my-order") == std::string::npos || looks.size() >= 3) return;
    keep_processing(request, response);
    if (response.body.find("\"processing\"") == std::string::npos) return;
    looks.push_back(Monotonic::now());
    response.headers.emplace_back("retry-after", "2");
  };
  auto done = place();
  ASSERT_TRUE(done);
  EXPECT_EQ(done->how, store::Finished::How::done) << done->error;
  ASSERT_EQ(looks.size(), 3U);
  for (std::size_t i = 1; i < looks.size(); ++i) EXPECT_GE(looks[i] - looks[i - 1], 2s);
}

// The interval of the notification table (manual 6.7.3) holds for an order that is older than a minute.
TEST_F(OrderLine, an_attempt_that_finds_nothing_to_do_looks_once_where_an_interval_is_set) {
  auto id = start(add_service("shop", "shop.test")).id;
  make_csr();
  int looks = 0;
  auto processing = [&](const net::HttpRequest& request, net::HttpResponse& response) {
    keep_processing(request, response);
    bool told = response.body.find("\"processing\"") != std::string::npos;
    if (told && ++looks == 1) response.headers.emplace_back("retry-after", "900");
  };
  hand_ = processing;
  EXPECT_EQ(place()->wait, 900s);
  sql("UPDATE notification_table SET order_interval_min = 5");
  sql("UPDATE job SET run_at = now(), admitted = true, created_at = now() - interval '2 minutes'");
  sql("UPDATE ca_order SET error = 'away'");  // of a look before
  auto before = looks;
  auto second = place();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->how, store::Finished::How::release);
  EXPECT_EQ(second->wait, 300s);
  EXPECT_EQ(looks, before + 1);
  EXPECT_EQ(get(id).error, std::nullopt) << "the CA answers again";
  hand_ = nullptr;
  run_all();
  EXPECT_EQ(get(id).state, "issued");
}

TEST_F(OrderLine, a_worker_that_is_told_to_stop_hands_the_order_back_at_once) {
  auto id = start(add_service("shop", "shop.test")).id;
  make_csr();
  hand_ = [&](const net::HttpRequest& request, net::HttpResponse& response) {
    keep_processing(request, response);
    if (response.body.find("\"processing\"") == std::string::npos) return;
    response.headers.emplace_back("retry-after", "20");
    if (request.url.find("my-order") != std::string::npos) order_worker_.stop.request_stop();
  };
  auto begin = Monotonic::now();
  auto first = place();
  EXPECT_LT(Monotonic::now() - begin, 15s);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->how, store::Finished::How::release);
  EXPECT_EQ(get(id).error, std::nullopt);
  EXPECT_EQ(get(id).state, "placed");
}

TEST_F(OrderLine, a_csr_job_that_is_sent_again_makes_no_second_key) {
  auto id = start(add_service("shop", "shop.test")).id;
  make_csr();
  sql("DELETE FROM job WHERE kind = 'order.place'");
  send_csr_job_again(id);
  EXPECT_EQ(make_csr()->how, store::Finished::How::done);
  run_all();
  EXPECT_EQ(get(id).state, "issued");
  EXPECT_EQ(sql("SELECT count(*) FROM key_pair"), "1");
}

TEST_F(OrderLine, a_cancelled_order_ends_as_cancelled) {
  auto shop = add_service("shop", "shop.test");
  auto id = start(shop).id;
  make_csr();
  store::Database person(database_.settings());
  person.write([&](store::Tx& tx) { store::orders::cancel(tx, shop); });
  run_all();
  EXPECT_EQ(get(id).state, "cancelled");
  EXPECT_EQ(traffic_.requests, 0);
  EXPECT_EQ(mails(), "order_started");
  EXPECT_EQ(sql("SELECT outcome FROM job_history WHERE kind = 'order.place'"), "cancelled");
}

}  // namespace
}  // namespace certfleet::testing
