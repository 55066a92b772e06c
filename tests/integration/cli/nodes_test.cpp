// Company, sites, accesses and nodes by the real command.
#include <gmock/gmock.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "lib/base/file.h"
#include "lib/store/accesses.h"
#include "tests/integration/cli/house.h"
#include "tests/support/eventually.h"

namespace certfleet::cli {
namespace {

using Json = nlohmann::json;
using certfleet::testing::Part;
using ::testing::HasSubstr;

const std::string fingerprint = "SHA256:" + std::string(43, 'A');

class NodeCommands : public House {
 protected:
  void SetUp() override {
    sql("installation",
        "DELETE FROM certfleet.service; DELETE FROM certfleet.access;"
        "DELETE FROM certfleet.site WHERE name <> 'tokyo'");
    good({"service", "add", "shop", "--common-name", "shop.example.com"});
    good({"access", "add", "lb1", "--address", "lb1.example.com", "--login", "admin", "--password-stdin",
          "--without-host-key"},
         "swordfish\n");
  }
  static Json json(std::vector<std::string> words) {
    words.emplace_back("--json");
    return Json::parse(good(std::move(words)));
  }
  static std::vector<std::string> with(std::vector<std::string> words, const std::vector<std::string>& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  static std::vector<std::string> bigip(const std::string& name) {
    return {"node", "add", name, "--kind", "bigip", "--service", "shop", "--access", "lb1", "--no-verify",
            "--ssl-profile", "shop-clientssl", "--import-name", "shop_2026.1"};
  }
  static std::vector<std::string> iis(const std::string& name) {
    return {"node", "add", name, "--kind", "iis", "--service", "shop", "--access", "lb1", "--verify-url",
            "shop.example.com", "--iis-site", "Default Web Site", "--binding", "RX-7.srv.world:*:443",
            "--windows-version", "2019"};
  }
};

TEST_F(NodeCommands, the_company_is_shown_and_renamed) {
  EXPECT_EQ(json({"company", "show"})["name"], "Example K.K.");
  good({"company", "set", "--name", "例の会社"});
  EXPECT_EQ(json({"company", "show"})["name"], "例の会社");
  bad(2, "--name is needed", {"company", "set"});
  bad(2, "128 are allowed", {"company", "set", "--name", std::string(129, 'x')});
  good({"company", "set", "--name", "Example K.K."});
  EXPECT_EQ(sql("installation", "SELECT count(*) > 0 FROM certfleet.audit WHERE table_name = 'company'"
                                " AND who = 'admin@example.com'"), "t");
}

TEST_F(NodeCommands, sites_are_several_are_renamed_and_go_when_they_are_empty) {
  good({"site", "add", "osaka"});
  bad(5, "site osaka exists already", {"site", "add", "osaka"});
  bad(2, "128 are allowed", {"site", "add", std::string(129, 's')});
  good({"site", "set", "osaka", "--rename", "大阪"});
  bad(5, "exists already", {"site", "set", "大阪", "--rename", "tokyo"});
  good(with(bigip("lb1"), {"--site", "大阪"}));
  EXPECT_EQ(json({"site", "show", "大阪"})["nodes"], 1);
  EXPECT_EQ(json({"site", "list"}).size(), 2U);
  bad(5, "site 大阪 is still in use by 1 nodes", {"site", "remove", "大阪", "--yes"});
  bad(2, "--site is needed", bigip("lb2"));  // which of the two
  good({"node", "set", "lb1", "--site", "tokyo"});
  good({"site", "remove", "大阪", "--yes"});
  bad(3, "there is no site 大阪", {"site", "show", "大阪"});
}

TEST_F(NodeCommands, every_kind_shows_its_own_fields_and_no_others) {
  good(bigip("lb1"));
  auto shown = json({"node", "show", "lb1"});
  EXPECT_EQ(shown["kind"], "bigip");
  EXPECT_EQ(shown["ssl_profile"], "shop-clientssl");
  EXPECT_EQ(shown["import_name"], "shop_2026.1");
  EXPECT_EQ(shown["partition"], "Common");
  EXPECT_FALSE(shown.contains("cert_file"));
  EXPECT_TRUE(shown["applies"].empty());
  good(iis("win1"));
  shown = json({"node", "show", "win1"});
  EXPECT_EQ(shown["binding"], "rx-7.srv.world:*:443");
  EXPECT_EQ(shown["windows_version"], "2019");
  EXPECT_EQ(shown["windows_key"], false);
  EXPECT_EQ(shown["verify_name"], "shop.example.com");
  EXPECT_FALSE(shown.contains("ssl_profile"));
}

TEST_F(NodeCommands, a_field_of_another_kind_is_refused_by_its_name) {
  bad(2, "--cert-file: a node of kind bigip has none", with(bigip("lb1"), {"--cert-file", "/etc/x.crt"}));
  bad(2, "--control: a node of kind bigip has none", with(bigip("lb1"), {"--control", "apachectl"}));
  bad(2, "--partition: a node of kind iis has none", with(iis("win1"), {"--partition", "Common"}));
  bad(2, "--windows-key: a node of kind bigip has none", with(bigip("lb1"), {"--windows-key", "off"}));
  bad(2, "--ssl-profile is needed",
      {"node", "add", "lb1", "--kind", "bigip", "--service", "shop", "--access", "lb1", "--no-verify"});
  good(bigip("lb1"));
  bad(2, "--work-dir: a node of kind bigip has none", {"node", "set", "lb1", "--work-dir", "/var"});
  // It becomes one of another kind with all that the kind needs, or not at all.
  bad(2, "IIS site: is needed", {"node", "set", "lb1", "--kind", "iis"});
  good({"node", "set", "lb1", "--kind", "iis", "--iis-site", "s", "--binding", ":*:443", "--windows-version", "2022"});
  EXPECT_EQ(json({"node", "show", "lb1"})["iis_site"], "s");
  bad(2, "has no host key", {"node", "set", "lb1", "--kind", "apache", "--cert-file", "/a", "--key-file", "/b",
                             "--work-dir", "/c"});
}

TEST_F(NodeCommands, names_at_the_limits_of_the_manual) {
  auto import = [&](const std::string& name) {
    auto words = bigip("lb1");
    words.back() = name;
    return words;
  };
  bad(2, "import name", import("a b"));
  bad(2, "import name", import("名前"));
  bad(2, "import name", import(std::string(104, 'a')));
  good(import(std::string(103, 'a')));
  auto words = iis("win1");
  words[14] = "a:*:65536";
  bad(2, "65536 is no port", words);
}

TEST_F(NodeCommands, a_key_on_windows_stays_alone_in_its_service) {
  good(with(iis("win1"), {"--windows-key", "on"}));
  bad(5, "has one node, and it has win1 already", bigip("lb1"));
  good({"node", "set", "win1", "--windows-key", "off"});
  good(bigip("lb1"));
  bad(5, "it has lb1 already", {"node", "set", "win1", "--windows-key", "on"});
}

TEST_F(NodeCommands, an_apply_to_a_kind_without_target_is_refused_with_one_sentence) {
  good(bigip("lb1"));
  bad(5, "node lb1: this version applies nothing to nodes of kind bigip", {"node", "apply", "lb1", "--now"});
  bad(5, "node lb1: this version applies nothing to nodes of kind bigip",
      {"node", "apply", "lb1", "--at", "2030-01-01 00:00"});
}

TEST_F(NodeCommands, a_list_is_filtered_and_comes_in_pages) {
  for (const auto* name : {"lb1", "lb2", "lb3"}) good(bigip(name));
  good({"node", "set", "lb2", "--enabled", "off"});
  EXPECT_EQ(json({"node", "list", "--enabled", "on"}).size(), 2U);
  EXPECT_EQ(json({"node", "list", "--match", "B3"}).size(), 1U);
  auto page = good({"node", "list", "--limit", "2"});
  EXPECT_THAT(page, HasSubstr("1 more: --after \"lb2\""));
  EXPECT_EQ(json({"node", "list", "--limit", "2", "--after", "lb2"})[0]["name"], "lb3");
  auto first = certfleet({"node", "list", "--limit", "1", "--json"});
  EXPECT_EQ(Json::parse(first.out).size(), 1U);
  EXPECT_EQ(Json::parse(first.err), Json({{"more", 2}, {"after", "lb1"}}));
  EXPECT_EQ(json({"node", "list", "--sort", "name", "--reverse"})[0]["name"], "lb3");
  EXPECT_TRUE(json({"node", "list", "--kind", "apache"}).empty());
  EXPECT_TRUE(json({"node", "list", "--apply-status", "failed"}).empty());
  bad(2, "--limit", {"node", "list", "--limit", "0"});
  bad(2, "--limit", {"node", "list", "--limit", "10001"});
}

TEST_F(NodeCommands, secrets_of_an_access_are_replaced_and_never_shown) {
  auto shown = json({"access", "show", "lb1"});
  EXPECT_EQ(shown["password"], true);
  EXPECT_EQ(shown["key"], false);
  EXPECT_EQ(shown["exec_password"], false);
  auto before = sql("installation", "SELECT login_secret_sealed FROM certfleet.access WHERE name = 'lb1'");
  EXPECT_EQ(before.find("73776f726466697368"), std::string::npos);  // swordfish
  good({"access", "set", "lb1", "--password-stdin"}, "another\n");
  EXPECT_NE(sql("installation", "SELECT login_secret_sealed FROM certfleet.access WHERE name = 'lb1'"), before);
  bad(2, "a password for sudo needs --exec", {"access", "set", "lb1", "--exec-password-stdin"}, "x\n");
  good({"access", "set", "lb1", "--exec", "root", "--password-stdin", "--exec-password-stdin"}, "one\ntwo\n");
  EXPECT_EQ(json({"access", "show", "lb1"})["exec_password"], true);
  bad(2, "a password or an SSH key is needed", {"access", "set", "lb1", "--no-password"});
  good({"access", "set", "lb1", "--no-exec"});
  shown = json({"access", "show", "lb1"});
  EXPECT_EQ(shown["exec"], nullptr);
  EXPECT_EQ(shown["exec_password"], false);
  EXPECT_THAT(good({"access", "show", "lb1"}), HasSubstr("not set"));
  good({"access", "set", "lb1", "--rename", "lb-a", "--address", "2001:db8::1", "--port", "65535"});
  EXPECT_EQ(json({"access", "show", "lb-a"})["address"], "2001:db8::1");
  good({"access", "set", "lb-a", "--no-port"});
  EXPECT_EQ(json({"access", "show", "lb-a"})["port"], nullptr);
  good({"access", "add", "other", "--address", "h", "--login", "l", "--password-stdin", "--without-host-key"}, "s\n");
  bad(5, "access lb-a exists already", {"access", "set", "other", "--rename", "lb-a"});
}

TEST_F(NodeCommands, a_password_and_an_ssh_key_stand_beside_each_other) {
  Part ssh("sshd");
  good({"access", "add", "web1", "--address", "127.0.0.1", "--login", "deploy", "--key-file", ssh.env("SSH_KEY"),
        "--password-stdin", "--host-key", fingerprint},
       "swordfish\n");
  auto shown = json({"access", "show", "web1"});
  EXPECT_EQ(shown["password"], true);
  EXPECT_EQ(shown["key"], true);
  good({"access", "set", "web1", "--no-password"});
  bad(2, "a password or an SSH key is needed", {"access", "set", "web1", "--no-key"});
}

TEST_F(NodeCommands, a_host_key_is_stored_only_when_it_was_compared) {
  Part ssh("sshd");
  const auto& real = ssh.env("SSH_HOST_FINGERPRINT");
  good({"access", "add", "web1", "--address", "127.0.0.1", "--port", ssh.env("SSH_PORT"), "--login", "deploy",
        "--password-stdin", "--without-host-key"},
       "swordfish\n");
  auto stored = [] { return json({"access", "show", "web1"})["host_key"]; };
  auto asked = certfleet({"access", "host-key", "web1"});  // nobody to ask
  EXPECT_EQ(asked.exit_code, 2);
  EXPECT_THAT(asked.out, HasSubstr(real));
  auto silent = certfleet({"access", "host-key", "web1", "--yes"});
  EXPECT_EQ(silent.exit_code, 2);
  EXPECT_THAT(silent.err, HasSubstr("--expect " + real + " is needed"));
  EXPECT_EQ(stored(), nullptr);
  auto other = certfleet({"access", "host-key", "web1", "--expect", fingerprint});
  EXPECT_EQ(other.exit_code, 5);
  EXPECT_THAT(other.err, HasSubstr("the host key is " + real));
  EXPECT_EQ(stored(), nullptr);
  // Any of the server's keys may be the one that was compared.
  good({"access", "host-key", "web1", "--expect", ssh.env("SSH_HOST_FINGERPRINT_ECDSA")});
  EXPECT_EQ(stored(), ssh.env("SSH_HOST_FINGERPRINT_ECDSA"));
  EXPECT_THAT(good({"access", "host-key", "web1"}), HasSubstr("the stored host key is among them"));
  good({"access", "host-key", "web1", "--expect", real});
  EXPECT_EQ(stored(), real);
  // The node has another key now.
  good({"access", "set", "web1", "--host-key", fingerprint});
  auto changed = certfleet({"access", "host-key", "web1"});
  EXPECT_THAT(changed.out, HasSubstr("the stored one is another: " + fingerprint));
  good({"access", "set", "web1", "--port", "1"});
  auto away = certfleet({"access", "host-key", "web1"});
  EXPECT_EQ(away.exit_code, 6);
}

TEST_F(NodeCommands, an_access_of_an_apache_node_keeps_what_ssh_needs) {
  good({"access", "add", "web1", "--address", "192.0.2.1", "--login", "deploy", "--password-stdin", "--host-key",
        fingerprint},
       "swordfish\n");
  good({"node", "add", "web1", "--service", "shop", "--access", "web1", "--no-verify", "--cert-file", "/a.crt",
        "--key-file", "/a.key", "--work-dir", "/w"});
  bad(2, "login id", {"access", "set", "web1", "--login", "EXAMPLE\\deploy"});
  good({"access", "set", "lb1", "--login", "EXAMPLE\\deploy"});
  bad(5, "still in use", {"access", "remove", "web1", "--yes"});
}

TEST_F(NodeCommands, an_access_of_a_bigip_keeps_its_password) {
  Part ssh("sshd");
  good({"access", "set", "lb1", "--key-file", ssh.env("SSH_KEY")});
  good(bigip("lb1"));
  bad(2, "access lb1 has no password, which nodes of kind bigip need", {"access", "set", "lb1", "--no-password"});
  good({"access", "add", "key", "--address", "lb1.example.com", "--login", "admin", "--key-file", ssh.env("SSH_KEY"),
        "--without-host-key"});
  bad(2, "access key has no password, which nodes of kind bigip need", {"node", "set", "lb1", "--access", "key"});
  good({"access", "set", "key", "--password-stdin"}, "swordfish\n");
  good({"node", "set", "lb1", "--access", "key"});
}

TEST_F(NodeCommands, so_many_that_come_behind_a_page_are_not_counted) {
  auto nodes = [](int count) {
    sql("installation",
        "SET session_replication_role = replica; DELETE FROM certfleet.node;"
        "INSERT INTO certfleet.node (service_id, group_id, site_id, access_id, name, kind, verify_mode, control,"
        " ssl_profile, import_name, partition)"
        " SELECT s.id, s.group_id, t.id, a.id, 'lb' || i, 'bigip', 'none', NULL, 'p', 'i', 'Common'"
        " FROM certfleet.service s, certfleet.site t, certfleet.access a, generate_series(1001, 1000 + " +
            std::to_string(count) + ") i");
  };
  nodes(1002);
  EXPECT_THAT(good({"node", "list", "--limit", "2"}), HasSubstr("\n1000 more: --after \"lb1002\"\n"));
  nodes(1003);
  EXPECT_THAT(good({"node", "list", "--limit", "2"}), HasSubstr("\nmore than 1000 more: --after \"lb1002\"\n"));
  EXPECT_THAT(good({"node", "list", "--limit", "2", "--lang", "ja"}), HasSubstr("\nほかに 1000 件以上: --after"));
  EXPECT_EQ(json({"node", "list"}).size(), 1003U);
}

// Another administrator takes the password away while the node is being added: the database sees it, in the words that
// the command has for it.
TEST_F(NodeCommands, a_node_whose_access_changes_meanwhile_is_refused_in_the_same_words) {
  sql("installation", "UPDATE certfleet.access SET login_key_sealed = 'k'");
  auto words = bigip("lb1");
  words.insert(words.begin(), CERTFLEET_BIN "/certfleet");
  certfleet::testing::ProcessOptions options;
  options.env = {{"CERTFLEET_CONFIG", config_file_.string()}, {"HOME", home_->path().string()}, {"LC_ALL", "C.UTF-8"}};
  std::unique_ptr<certfleet::testing::Process> adds;
  store::Database owner(store::DatabaseSettings{postgres_->env("PG_DSN") + " dbname=installation", "test"});
  owner.write([&](store::Tx& tx) {
    auto access = *store::accesses::find(tx, "lb1");
    access.login_secret = "";
    store::accesses::update(tx, access);
    adds = std::make_unique<certfleet::testing::Process>(words, options);
    EXPECT_TRUE(certfleet::testing::eventually(std::chrono::seconds(10), [&] {
      return sql("installation", "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                                 " AND wait_event_type = 'Lock'") == "1";
    }));
  });
  EXPECT_EQ(adds->wait(std::chrono::seconds(20)), 2);
  const std::string line = "access lb1 has no password, which nodes of kind bigip need: certfleet access set lb1"
                           " --password\n";
  EXPECT_EQ(adds->err(), "certfleet: " + line);
  EXPECT_EQ(certfleet(bigip("lb1")).err, "certfleet: " + line);
  EXPECT_EQ(sql("installation", "SELECT count(*) FROM certfleet.node"), "0");
}

}  // namespace
}  // namespace certfleet::cli
