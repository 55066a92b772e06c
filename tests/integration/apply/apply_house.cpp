#include "tests/integration/apply/apply_house.h"

#include <fmt/format.h>

#include "lib/base/file.h"
#include "lib/net/tls_probe.h"
#include "lib/pki/text.h"
#include "lib/store/certificates.h"
#include "lib/store/key_pairs.h"
#include "tests/support/eventually.h"
#include "tests/support/process.h"

namespace certfleet::apply {
namespace {

constexpr const char* site_name = "www.demo.test";

std::shared_ptr<pki::KeyRing> only(const pki::SealingKey& key) {
  std::vector<pki::SealingKey> keys;
  keys.push_back(pki::SealingKey::from_file_text(key.to_file_text()));
  return std::make_shared<pki::KeyRing>(std::move(keys));
}

}  // namespace

ApplyHouse::ApplyHouse(const std::string& chain) : apache_("apache", {{"APACHE_CHAIN", chain}}) {
  if (!ssh_.is_root()) return;
  confirm_within(std::chrono::seconds(5));
  sql(fmt::format(
      "INSERT INTO site (name) VALUES ('tokyo');"
      "INSERT INTO notification_table (name) VALUES ('ops');"
      "INSERT INTO notification_recipient VALUES (1, 'to', 1, 'ops@example.com');"
      "INSERT INTO user_group (name, notification_id) VALUES ('web', 1);"
      "INSERT INTO service (name, group_id, common_name) VALUES ('shop', 1, '{0}');"
      "INSERT INTO access (name, address, port, login_id, login_secret_sealed, exec_id, host_key)"
      " VALUES ('web1-ssh', '127.0.0.1', {1}, 'deploy-free', 'x', 'root', '{2}');"
      "INSERT INTO node (service_id, site_id, access_id, name, kind, verify_mode, verify_host, verify_port,"
      " verify_name, cert_file, key_file, chain_file, work_dir, control)"
      " VALUES (1, 1, 1, 'web1', 'apache', 'address', '127.0.0.1', {3},"
      " '{0}', '{4}', '{5}', nullif('{6}', ''), '{7}', '{8}')",
      site_name, ssh_.part().env("SSH_PORT"), ssh_.part().env("SSH_HOST_FINGERPRINT"),
      apache_.env("APACHE_PORT"), apache_.env("APACHE_CERT_FILE"), apache_.env("APACHE_KEY_FILE"),
      chain == "separate" ? apache_.env("APACHE_CHAIN_FILE") : "", apache_.env("APACHE_WORK_DIR"),
      apache_.env("APACHE_CONTROL")));
  set_access("login_secret_sealed", "NULL, login_key_sealed = 'x'");
  set_secret("login_key_sealed", domain::purpose::access_login_key, *ssh_.login().key);
}

void ApplyHouse::confirm_within(std::chrono::milliseconds limit) {
  SequenceLimits limits;
  limits.confirm = limit;
  limits.confirm_return = limit;
  handler_ = std::make_unique<ApplyRun>(
      only(sealing_key_), limits,
      [this](const SshLogin& login, const std::optional<Execution>& execution, const Budget& budget) {
        return std::make_unique<WatchedRemote>(dial_ssh(login, execution, budget), worker_.saboteur);
      });
}

void ApplyHouse::SetUp() {
  if (!ssh_.is_root()) GTEST_SKIP() << "needs root";
}

void ApplyHouse::set_access(const std::string& column, const std::string& value) {
  sql(fmt::format("UPDATE access SET {} = {}", column, value));
}

void ApplyHouse::forget_host_key() {
  sql("SET session_replication_role = replica; UPDATE access SET host_key = NULL");
}

void ApplyHouse::set_secret(const std::string& column, std::string_view purpose, std::string_view secret) {
  auto box = pki::seal(sealing_key_.public_key(), purpose, pki::Secret::of(secret));
  set_access(column, fmt::format("decode('{}', 'hex')", pki::to_hex(box)));
}

Identity ApplyHouse::issue() {
  auto key = pki::PrivateKey::generate(pki::KeyAlgorithm::ecdsa_p256);
  auto issuing = ca_.intermediate("Test Issuing CA");
  testing::CertificateSpec spec;
  spec.common_name = site_name;
  spec.sans = {fmt::format("DNS:{}", site_name)};
  // Each one later than all before: it is then the service's current one.
  spec.not_after = fmt::format("20{}0101000000Z", 30 + std::stoi(sql("SELECT count(*) FROM key_pair")));
  auto chain = pki::order_chain(issuing.issue(spec, key).pem() + issuing.certificate().pem());
  auto spki = key.spki_sha256();
  auto box = pki::seal(sealing_key_.public_key(), domain::purpose::key_pair(spki), key.to_pem());
  store::Database owner(database_.settings());
  owner.write([&](store::Tx& tx) {
    auto pair = store::key_pairs::add(tx, {{}, ServiceId(1), key.algorithm(), spki}, box);
    store::certificates::store_issued(tx, ServiceId(1), chain, pair, {});
  });
  return {chain.leaf.serial(), chain.leaf.sha256()};
}

store::applies::Apply ApplyHouse::start() {
  store::Database person(database_.settings());
  return person.writing([](store::Tx& tx) { return store::applies::start_now(tx, NodeId(1), true); });
}

store::applies::Apply ApplyHouse::apply() {
  auto id = start().id;
  worker_.run_all(*handler_);
  return get(id);
}

store::applies::Apply ApplyHouse::get(ApplyId id) {
  store::Database person(database_.settings());
  return person.reading([&](store::Tx& tx) { return store::applies::get(tx, id); });
}

std::optional<Identity> ApplyHouse::served() const {
  auto port = static_cast<std::uint16_t>(std::stoi(apache_.env("APACHE_PORT")));
  net::ProbeTarget target{{"127.0.0.1", port}, site_name, {}};
  try {
    auto seen = net::probe(target, Deadline::in(std::chrono::seconds(5)));
    return Identity{seen.leaf.serial(), seen.leaf.sha256()};
  } catch (const Failure&) {
    return std::nullopt;
  }
}

std::string ApplyHouse::file(const std::string& offered) const {
  return read_file(apache_.env(offered));
}

bool ApplyHouse::pair_fits() const {
  auto certificates = pki::certificates_from_pem(file("APACHE_CERT_FILE"));
  return certificates.front().matches(pki::PrivateKey::from_pem(pki::Secret(file("APACHE_KEY_FILE"))));
}

bool ApplyHouse::starts_again() const {
  auto control = [&](const char* word) {
    return testing::run({apache_.env("APACHE_CONTROL"), word}).exit_code == 0;
  };
  control("stop");
  if (!testing::eventually(std::chrono::seconds(10), [&] { return !served(); })) return false;
  // A server that is still on its way down counts as up; then it is started by the next turn.
  return testing::eventually(std::chrono::seconds(20), [&] { return control("start") && served(); });
}

void ApplyHouse::break_configuration(bool broken) const {
  std::filesystem::path mistake = apache_.env("APACHE_CONF_DIR") + "/mistake.conf";
  broken ? write_file(mistake, "NoSuchDirective on\n", 0644) : void(std::filesystem::remove(mistake));
}

std::string ApplyHouse::traces(const store::applies::Apply& apply) {
  return sql(
      fmt::format("SELECT string_agg(level || code, ' ' ORDER BY at, id) FROM trace WHERE request_no = {}",
                  apply.request_no));
}

}  // namespace certfleet::apply
