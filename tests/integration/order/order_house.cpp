#include "tests/integration/order/order_house.h"

#include <fmt/format.h>

#include "lib/base/file.h"
#include "lib/pipeline/conclude.h"
#include "lib/pki/text.h"
#include "lib/store/sealing_keys.h"
#include "lib/store/traces.h"
#include "workers/csr/csr_make.h"
#include "workers/order/order_place.h"

namespace certfleet::testing {
namespace {

using pipeline::Outcome;

class WatchedContext final : public pipeline::Context {
 public:
  WatchedContext(const domain::Job& job, store::JobStore& store, store::DatabaseSettings settings, Saboteur& saboteur,
                 std::stop_token stop)
      : job_(job),
        store_(store),
        traces_(std::move(settings)),
        saboteur_(saboteur),
        stop_(std::move(stop)),
        deadline_(Deadline::in(job.time_limit)) {}

  Deadline deadline() const override { return deadline_; }
  std::stop_token stop() const override { return stop_; }
  void trace(trace::Line line) override {
    saboteur_.step(fmt::format("trace {}", line.id));
    line.request_no = job_.request_no;
    store::traces::Stored stored{0, std::move(line), job_.service, {}, job_.id};
    traces_.write([&](store::Tx& tx) { store::traces::add(tx, std::span(&stored, 1)); });
  }
  void read(const pipeline::Write& body) override { store_.read(body); }
  void commit(const pipeline::Write& body) override {
    saboteur_.step("before a commit");
    store_.commit_guarded(job_.id, job_.fence, body);
    saboteur_.step("after a commit");
  }

 private:
  const domain::Job& job_;
  store::JobStore& store_;
  store::Database traces_;
  Saboteur& saboteur_;
  std::stop_token stop_;
  Deadline deadline_;
};

// As the pipeline runs a handler.
Outcome attempt(pipeline::Handler& handler, const domain::Job& job, pipeline::Context& context) {
  try {
    if (job.cancel) return Outcome::cancelled();
    return handler.run(job, context);
  } catch (const Failure& failure) {
    return failure.transient() ? Outcome::retry(failure) : Outcome::failed(failure);
  }
}

std::vector<pki::SealingKey> only(const pki::SealingKey& key) {
  std::vector<pki::SealingKey> keys;
  keys.push_back(pki::SealingKey::from_file_text(key.to_file_text()));
  return keys;
}

}  // namespace

OrderHouse::OrderHouse()
    : csr_(make_worker(domain::Queue::csr, "certfleet_csr")),
      order_(make_worker(domain::Queue::order, "certfleet_order")) {
  store::Database owner(database_.settings());
  owner.write([&](store::Tx& tx) {
    store::sealing_keys::add(tx, {sealing_key_.id(), sealing_key_.public_key().bytes, true});
  });
  responder_ = std::make_unique<order::Http01Responder>("127.0.0.1:0", database_.settings_as("certfleet_order"));
  pebble_ = std::make_unique<Part>(
      "pebble", std::map<std::string, std::string>{{"HTTP01_PORT", std::to_string(responder_->port())}});
  sql(fmt::format("INSERT INTO notification_table (name) VALUES ('ops');"
                  "INSERT INTO notification_recipient VALUES (1, 'to', 1, 'ops@example.com');"
                  "INSERT INTO user_group (name, notification_id) VALUES ('web', 1);"
                  "INSERT INTO ca_account (name, kind, directory_url, contact, ca_pem)"
                  " VALUES ('pebble', 'acme', '{}', 'ops@example.com', '{}')",
                  pebble_->env("PEBBLE_DIRECTORY"), read_file(pebble_->env("PEBBLE_CA"))));
  csr_make_ = std::make_unique<csr::CsrMake>();
  order_place_ = std::make_unique<order::OrderPlace>(only(sealing_key_), clock_, [this](net::HttpOptions options) {
    return std::make_unique<WatchedWeb>(order::real_web(std::move(options)), saboteur_, traffic_, hand_);
  });
}

OrderHouse::~OrderHouse() = default;

OrderHouse::Worker OrderHouse::make_worker(domain::Queue queue, const char* role) {
  Worker worker{queue, database_.settings_as(role), nullptr, {}};
  worker.store = store::postgres_job_store(worker.settings);
  worker.session = worker.store->open_session({queue, {}, "test", 1, 1}, std::chrono::minutes(10));
  return worker;
}

OrderHouse::Worker& OrderHouse::worker(domain::Queue queue) { return queue == domain::Queue::csr ? csr_ : order_; }

ServiceId OrderHouse::add_service(const std::string& name, const std::string& common_name, const std::string& sans) {
  auto id = sql(fmt::format("INSERT INTO service (name, group_id, common_name, sans, ca_account_id)"
                            " VALUES ('{}', 1, '{}', '{}', 1) RETURNING id",
                            name, common_name, sans));
  sql(fmt::format("INSERT INTO key_spec (service_id, algorithm, country, organization)"
                  " VALUES ({}, 'ecdsa-p256', 'JP', 'Example')",
                  id));
  return ServiceId(std::stol(id));
}

store::orders::Order OrderHouse::start(ServiceId service) {
  store::Database person(database_.settings());
  return person.writing([&](store::Tx& tx) { return store::orders::start_now(tx, service, true); });
}

store::orders::Order OrderHouse::order(ServiceId service) {
  auto id = start(service).id;
  run_all();
  return get(id);
}

store::orders::Order OrderHouse::get(OrderId id) {
  store::Database database(database_.settings());
  return database.reading([&](store::Tx& tx) { return store::orders::get(tx, id); });
}

std::string OrderHouse::traces(const store::orders::Order& order) {
  return sql(fmt::format("SELECT string_agg(level || code, ' ' ORDER BY at, id) FROM trace WHERE request_no = {}",
                         order.request_no));
}

std::optional<store::Finished> OrderHouse::run_one(domain::Queue queue) {
  auto& w = worker(queue);
  auto jobs = w.store->claim_ready(w.session, queue, {}, 1);
  if (jobs.empty()) return std::nullopt;
  const auto& job = jobs.front();
  auto& handler = queue == domain::Queue::csr ? *csr_make_ : *order_place_;
  try {
    WatchedContext context(job, *w.store, w.settings, saboteur_, stop_.get_token());
    auto outcome = attempt(handler, job, context);
    auto stopped = stop_.stop_requested() ? pipeline::StopReason::drain : pipeline::StopReason::none;
    if (job.cancel) stopped = pipeline::StopReason::cancelled;
    auto finished = pipeline::conclude(job, std::move(outcome), stopped, 0,
                                       [&](const Failure& why) { return handler.gave_up(job, why); });
    auto completed = w.store->complete({finished});
    EXPECT_TRUE(completed.refused.empty()) << job.kind;
    return finished;
  } catch (const Crash&) {
    take_back(w);
    return std::nullopt;
  }
}

void OrderHouse::take_back(Worker& worker) {
  sql(fmt::format("UPDATE session SET expires_at = now() - interval '1 s' WHERE id = {}", worker.session.value()));
  EXPECT_EQ(worker.store->sweep(10).back.size(), 1U);
  worker.session = worker.store->open_session({worker.queue, {}, "test", 1, 1}, std::chrono::minutes(10));
}

void OrderHouse::hurry() {
  sql("UPDATE job SET run_at = now() WHERE state = 'waiting' AND queue IN ('csr', 'order')");
  order_.store->promote_due(10);
}

void OrderHouse::run_all() {
  constexpr int turns_max = 60;
  for (int turn = 0; turn < turns_max; ++turn) {
    bool worked = run_one(domain::Queue::csr).has_value();
    worked = run_one(domain::Queue::order).has_value() || worked;
    if (worked) continue;
    if (sql("SELECT count(*) FROM job WHERE queue IN ('csr', 'order')") == "0") return;
    hurry();
  }
  ADD_FAILURE() << "the jobs did not come to their end";
}

}  // namespace certfleet::testing
