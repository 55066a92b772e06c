// An order's whole line in one process: the real handlers on a real database with a real ACME server (pebble)
// and a responder for its challenges.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "lib/pki/sealed_box.h"
#include "lib/store/orders.h"
#include "tests/integration/order/watched_web.h"
#include "tests/support/bench/test_worker.h"
#include "tests/support/part.h"
#include "workers/csr/csr_make.h"
#include "workers/order/http01_responder.h"

namespace certfleet::testing {

class OrderHouse : public ::testing::Test {
 protected:
  // `pebble`: settings of tests/parts/pebble.
  explicit OrderHouse(std::map<std::string, std::string> pebble = {});
  ~OrderHouse() override;

  // A service with a key spec, the CA account and a notification table.
  ServiceId add_service(const std::string& name, const std::string& common_name,
                        const std::string& sans = "{}");
  store::orders::Order start(ServiceId service);
  // Starts an order and runs its jobs to their end.
  store::orders::Order order(ServiceId service);

  // One attempt; what became of the job.
  std::optional<store::Finished> make_csr() { return csr_worker_.run_one(csr_make_); }
  std::optional<store::Finished> place() { return order_worker_.run_one(*order_place_); }
  void run_all();

  store::orders::Order get(OrderId id);
  std::string sql(const std::string& statement) { return database_.sql(statement); }
  std::string mails() { return sql("SELECT string_agg(event, ' ' ORDER BY id) FROM mail"); }
  // Level and number of each trace of the order, in order.
  std::string traces(const store::orders::Order& order);

  TestDatabase database_;
  pki::SealingKey sealing_key_ = pki::SealingKey::generate();
  std::unique_ptr<order::Http01Responder> responder_;
  std::unique_ptr<Part> pebble_;
  TestWorker csr_worker_{database_, domain::Queue::csr, "certfleet_csr"};
  TestWorker order_worker_{database_, domain::Queue::order, "certfleet_order"};
  Traffic traffic_;
  WatchedWeb::Hand hand_;

 private:
  SystemClock clock_;
  csr::CsrMake csr_make_;
  std::unique_ptr<pipeline::Handler> order_place_;
};

}  // namespace certfleet::testing
