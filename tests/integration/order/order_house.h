// An order's whole line in one process: the real handlers on a real database with a real ACME server (pebble) and a
// responder for its challenges. The pipeline's part (claim, conclude, complete, take back) is the real one too.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "lib/pipeline/handler.h"
#include "lib/pki/sealed_box.h"
#include "lib/store/job_store.h"
#include "lib/store/orders.h"
#include "tests/integration/order/saboteur.h"
#include "tests/support/database/database.h"
#include "tests/support/part.h"
#include "workers/order/http01_responder.h"

namespace certfleet::testing {

class OrderHouse : public ::testing::Test {
 protected:
  OrderHouse();
  ~OrderHouse() override;

  // A service with a key spec, the CA account and a notification table.
  ServiceId add_service(const std::string& name, const std::string& common_name, const std::string& sans = "{}");
  store::orders::Order start(ServiceId service);
  // Starts an order and runs its jobs to their end.
  store::orders::Order order(ServiceId service);

  // Runs the next job of the queue, if one is ready. What became of it; none also after a crash.
  std::optional<store::Finished> run_one(domain::Queue queue);
  // Runs all there is until no csr or order job lives; waits between attempts are cut short.
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
  Saboteur saboteur_;
  Traffic traffic_;
  WatchedWeb::Hand hand_;
  std::stop_source stop_;  // of all attempts

 private:
  struct Worker {
    domain::Queue queue;
    store::DatabaseSettings settings;
    std::unique_ptr<store::JobStore> store;
    SessionId session;
  };
  Worker make_worker(domain::Queue queue, const char* role);
  Worker& worker(domain::Queue queue);
  void take_back(Worker& worker);
  void hurry();

  SystemClock clock_;
  std::unique_ptr<pipeline::Handler> csr_make_;
  std::unique_ptr<pipeline::Handler> order_place_;
  Worker csr_;
  Worker order_;
};

}  // namespace certfleet::testing
