#include "tests/integration/order/order_house.h"

#include <fmt/format.h>

#include "lib/base/file.h"
#include "lib/store/sealing_keys.h"
#include "workers/order/order_place.h"

namespace certfleet::testing {
namespace {

std::shared_ptr<pki::KeyRing> only(const pki::SealingKey& key) {
  std::vector<pki::SealingKey> keys;
  keys.push_back(pki::SealingKey::from_file_text(key.to_file_text()));
  return std::make_shared<pki::KeyRing>(std::move(keys));
}

}  // namespace

OrderHouse::OrderHouse(std::map<std::string, std::string> pebble) {
  store::Database owner(database_.settings());
  owner.write([&](store::Tx& tx) {
    store::sealing_keys::add(tx, {sealing_key_.id(), sealing_key_.public_key().bytes, true});
  });
  responder_ =
      std::make_unique<order::Http01Responder>("127.0.0.1:0", database_.settings_as("certfleet_order"));
  pebble["HTTP01_PORT"] = std::to_string(responder_->port());
  pebble_ = std::make_unique<Part>("pebble", std::move(pebble));
  sql(
      fmt::format("INSERT INTO notification_table (name) VALUES ('ops');"
                  "INSERT INTO notification_recipient VALUES (1, 'to', 1, 'ops@example.com');"
                  "INSERT INTO user_group (name, notification_id) VALUES ('web', 1);"
                  "INSERT INTO ca_account (name, kind, directory_url, contact, ca_pem)"
                  " VALUES ('pebble', 'acme', '{}', 'ops@example.com', '{}')",
                  pebble_->env("PEBBLE_DIRECTORY"), read_file(pebble_->env("PEBBLE_CA"))));
  order_place_ =
      std::make_unique<order::OrderPlace>(only(sealing_key_), clock_, [this](net::HttpOptions options) {
        return std::make_unique<WatchedWeb>(order::real_web(std::move(options)), order_worker_.saboteur,
                                            traffic_, hand_);
      });
}

OrderHouse::~OrderHouse() = default;

ServiceId OrderHouse::add_service(const std::string& name, const std::string& common_name,
                                  const std::string& sans) {
  auto id =
      sql(fmt::format("INSERT INTO service (name, group_id, common_name, sans, ca_account_id)"
                      " VALUES ('{}', 1, '{}', '{}', 1) RETURNING id",
                      name, common_name, sans));
  sql(
      fmt::format("INSERT INTO key_spec (service_id, algorithm, country, organization)"
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

void OrderHouse::run_all() {
  csr_worker_.run_all(csr_make_);
  order_worker_.run_all(*order_place_);
}

store::orders::Order OrderHouse::get(OrderId id) {
  store::Database database(database_.settings());
  return database.reading([&](store::Tx& tx) { return store::orders::get(tx, id); });
}

std::string OrderHouse::traces(const store::orders::Order& order) {
  return sql(
      fmt::format("SELECT string_agg(level || code, ' ' ORDER BY at, id) FROM trace WHERE request_no = {}",
                  order.request_no));
}

}  // namespace certfleet::testing
