// The sealing key rotated by the real command while real workers run applies to a real sshd and Apache.
#include <gmock/gmock.h>
#include <unistd.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "lib/base/file.h"
#include "lib/pki/chain.h"
#include "lib/pki/key.h"
#include "lib/pki/sealing_key_files.h"
#include "lib/pki/text.h"
#include "lib/store/certificates.h"
#include "lib/store/key_pairs.h"
#include "lib/store/sealing_keys.h"
#include "tests/integration/cli/house.h"
#include "tests/support/eventually.h"
#include "tests/support/issuer/issuer.h"

namespace certfleet::cli {
namespace {

using Json = nlohmann::json;
using certfleet::testing::eventually;
using certfleet::testing::Part;
using certfleet::testing::Process;
using std::chrono::seconds;
namespace fs = std::filesystem;

constexpr const char* site_name = "www.demo.test";

class SealingKeys : public House {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    sql("installation", "DELETE FROM certfleet.service; DELETE FROM certfleet.access; DELETE FROM certfleet.job");
    ssh_ = std::make_unique<Part>("sshd");
    apache_ = std::make_unique<Part>("apache");
  }
  void TearDown() override { workers_.clear(); }

  // A worker of this kind as on a host of its own: another folder with a copy of the key file.
  fs::path host(const std::string& name, const std::string& kind = "worker-apply") {
    auto folder = *home_ / name;
    fs::create_directories(folder);
    for (const auto& file : {kind + ".toml", kind + ".curve", std::string("sealing.key")})
      fs::copy_file(config() / file, folder / file, fs::copy_options::overwrite_existing);
    auto toml = read_file(folder / (kind + ".toml"));
    write_file(folder / (kind + ".toml"), toml + "\n[worker]\nheartbeat_s = 1\nsession_life_s = 3\n", 0600);
    return folder;
  }
  Process& start(const fs::path& folder, const std::string& kind = "worker-apply") {
    workers_.push_back(std::make_unique<Process>(std::vector<std::string>{
        CERTFLEET_BIN "/certfleet-" + kind, "--config", (folder / (kind + ".toml")).string()}));
    return *workers_.back();
  }
  static bool sessions(int number) {
    return eventually(seconds(20), [&] {
      return sql("installation", "SELECT count(*) FROM certfleet.session WHERE expires_at > now()"
                                 " AND sealing_keys <> '{}'") == std::to_string(number);
    });
  }
  static std::string active() { return sql("installation", "SELECT id FROM certfleet.sealing_key WHERE active"); }
  static std::string key_of_access(const std::string& name) {
    return sql("installation",
               "SELECT encode(substring(coalesce(login_secret_sealed, login_key_sealed) from 2 for 8), 'hex')"
               " FROM certfleet.access WHERE name = '" + name + "'");
  }
  static std::string sealed_to(const std::string& key) {
    return sql("installation",
               "SELECT coalesce(sum(boxes), 0) FROM certfleet.sealed_boxes() WHERE key_id = '" + key + "'");
  }

  void add_node() {
    good({"service", "add", "shop", "--common-name", site_name});
    good({"access", "add", "web1", "--address", "127.0.0.1", "--port", ssh_->env("SSH_PORT"), "--login",
          ssh_->env("SSH_USER_FREE"), "--key-file", ssh_->env("SSH_KEY"), "--exec", "root", "--without-host-key"});
    good({"access", "host-key", "web1", "--expect", ssh_->env("SSH_HOST_FINGERPRINT")});
    good({"node", "add", "web1", "--service", "shop", "--access", "web1", "--verify-address", "127.0.0.1",
          "--verify-port", apache_->env("APACHE_PORT"), "--verify-name", site_name, "--cert-file",
          apache_->env("APACHE_CERT_FILE"), "--key-file", apache_->env("APACHE_KEY_FILE"), "--work-dir",
          apache_->env("APACHE_WORK_DIR"), "--control", apache_->env("APACHE_CONTROL")});
  }
  // A certificate whose key is sealed to the active key.
  void issue() {
    auto key = pki::PrivateKey::generate(pki::KeyAlgorithm::ecdsa_p256);
    auto issuing = ca_.intermediate("Test Issuing CA");
    certfleet::testing::CertificateSpec spec;
    spec.common_name = site_name;
    spec.sans = {std::string("DNS:") + site_name};
    spec.not_after = "20" + std::to_string(30 + issued_++) + "0101000000Z";
    auto chain = pki::order_chain(issuing.issue(spec, key).pem() + issuing.certificate().pem());
    store::Database owner({postgres_->env("PG_DSN") + " dbname=installation", "test"});
    owner.write([&](store::Tx& tx) {
      auto to = pki::SealingPublicKey::from_bytes(store::sealing_keys::active(tx).public_key);
      auto spki = key.spki_sha256();
      auto box = pki::seal(to, domain::purpose::key_pair(spki), key.to_pem());
      ServiceId service(std::stol(sql("installation", "SELECT id FROM certfleet.service WHERE name = 'shop'")));
      auto pair = store::key_pairs::add(tx, {{}, service, key.algorithm(), spki}, box);
      store::certificates::store_issued(tx, service, chain, pair, {});
    });
  }

  std::unique_ptr<Part> ssh_;
  std::unique_ptr<Part> apache_;
  certfleet::testing::Issuer ca_ = certfleet::testing::Issuer::root("Test CA");
  int issued_ = 0;
  std::vector<std::unique_ptr<Process>> workers_;
};

TEST_F(SealingKeys, the_key_is_rotated_under_running_applies_with_no_stop) {
  add_node();
  issue();
  auto first = active();
  auto near = host("near");
  auto far = host("far");
  start(near);
  start(far);
  ASSERT_TRUE(sessions(2));
  std::atomic<bool> over{false};
  std::atomic<int> applied{0};
  std::thread applying([&] {
    while (!over) {
      auto ran = certfleet({"node", "apply", "web1", "--now", "--wait"});
      EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
      if (ran.exit_code != 0) return;
      ++applied;
    }
  });
  EXPECT_TRUE(eventually(seconds(30), [&] { return applied >= 1; }));

  // The key file of one host gets the new key, the other host's does not: nothing is sealed to it.
  auto key_file = (near / "sealing.key").string();
  auto early = certfleet({"sealing-key", "rotate", "--key-file", key_file, "--wait", "4"});
  EXPECT_EQ(early.exit_code, 5) << early.err;
  EXPECT_THAT(early.err, ::testing::HasSubstr("copy " + key_file));
  EXPECT_EQ(active(), first);
  good({"access", "add", "early", "--address", "192.0.2.1", "--login", "x", "--password-stdin", "--without-host-key"},
       "swordfish\n");
  EXPECT_EQ(key_of_access("early"), first);

  // Once it is there too, the same command goes on.
  write_file(far / "sealing.key", read_file(near / "sealing.key"), 0600);
  auto done = Json::parse(good({"sealing-key", "rotate", "--key-file", key_file, "--json"}));
  auto second = active();
  EXPECT_NE(second, first);
  EXPECT_EQ(done["id"], second);
  good({"access", "add", "late", "--address", "192.0.2.1", "--login", "x", "--password-stdin", "--without-host-key"},
       "swordfish\n");
  EXPECT_EQ(key_of_access("late"), second);
  EXPECT_TRUE(eventually(seconds(30), [&] { return sealed_to(first) == "0"; })) << good({"sealing-key", "status"});
  int before = applied;
  EXPECT_TRUE(eventually(seconds(30), [&] { return applied >= before + 2; }));
  over = true;
  applying.join();
  EXPECT_EQ(sql("installation", "SELECT count(*) FROM certfleet.apply WHERE state <> 'applied'"), "0");
  for (const auto& worker : workers_) EXPECT_TRUE(worker->running());

  // A worker without the new key does not start; so it never gets what it could not open.
  auto late = host("late");
  auto& refused = start(late);
  EXPECT_NE(refused.wait(seconds(20)).value_or(0), 0);
  EXPECT_THAT(refused.err(), ::testing::HasSubstr("sealing key " + second + " is in use and not there"));

  bad(5, "is the active one", {"sealing-key", "retire", second, "--yes"});
  good({"sealing-key", "retire", first, "--yes"});
  EXPECT_EQ(Json::parse(good({"sealing-key", "list", "--json"}))[0]["state"], "active");
  auto again = certfleet({"node", "apply", "web1", "--now", "--wait"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
}

}  // namespace
}  // namespace certfleet::cli
