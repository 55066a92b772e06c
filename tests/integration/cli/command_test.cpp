// The real command against a real installation.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/domain/inventory.h"
#include "lib/pki/random.h"
#include "lib/pki/sealed_box.h"
#include "lib/pki/text.h"
#include "tests/integration/cli/house.h"

namespace certfleet::cli {
namespace {

using Json = nlohmann::json;

const std::string fingerprint = "SHA256:" + std::string(43, 'A');

class Command : public House {
 protected:
  void SetUp() override {
    sql("installation",
        "DELETE FROM certfleet.service; DELETE FROM certfleet.access; DELETE FROM certfleet.ca_account;"
        "DELETE FROM certfleet.mail_settings; DELETE FROM certfleet.trace; DELETE FROM certfleet.job");
  }

  static Json json(std::vector<std::string> words) {
    words.emplace_back("--json");
    return Json::parse(good(std::move(words)));
  }
  static void add_service(const std::string& name) {
    good({"service", "add", name, "--common-name", name + ".example.com", "--san", "www.example.com", "--key",
          "ecdsa-p256", "--country", "JP", "--state", "東京都"});
  }
  static void add_access(const std::string& name) {
    good({"access", "add", name, "--address", "192.0.2.10", "--login", "deploy", "--password-stdin",
          "--host-key", fingerprint},
         "swordfish\n");
  }
  static void add_node(const std::string& name, const std::string& service) {
    add_access(name);
    good({"node", "add", name, "--service", service, "--access", name, "--verify-address", "192.0.2.10",
          "--verify-name", service + ".example.com", "--cert-file", "/etc/ssl/a.crt", "--key-file",
          "/etc/ssl/a.key", "--work-dir", "/var/lib/certfleet"});
  }
};

TEST_F(Command, what_is_added_is_listed_shown_changed_and_removed) {
  add_service("shop");
  auto list = json({"service", "list"});
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0]["common_name"], "shop.example.com");
  EXPECT_EQ(list[0]["group"], "web");
  good({"service", "set", "shop", "--rename", "store", "--enabled", "off", "--no-san"});
  auto shown = json({"service", "show", "store"});
  EXPECT_EQ(shown["enabled"], false);
  EXPECT_EQ(shown["sans"], Json::array());
  EXPECT_EQ(shown["state"], "東京都");
  bad(2, "There is no terminal", {"service", "remove", "store"});
  good({"service", "remove", "store", "--yes"});
  EXPECT_TRUE(json({"service", "list"}).empty());
}

TEST_F(Command, what_went_wrong_can_not_steer_the_terminal) {
  auto ran = certfleet({"import", "/nowhere/\x1b[2J\x9b.yaml"});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_NE(ran.err.find("/nowhere/\uFFFD[2J\uFFFD.yaml"), std::string::npos) << ran.err;
  EXPECT_EQ(ran.err.find('\x1b'), std::string::npos);
}

TEST_F(Command, a_node_hangs_on_its_service_and_its_access) {
  add_service("shop");
  add_node("web1", "shop");
  auto shown = json({"service", "show", "shop"});
  ASSERT_EQ(shown["nodes"].size(), 1U);
  EXPECT_EQ(shown["nodes"][0]["name"], "web1");
  EXPECT_EQ(json({"node", "show", "web1"})["verify_name"], "shop.example.com");
  bad(5, "still in use", {"access", "remove", "web1", "--yes"});
  bad(5, "still in use", {"site", "remove", "tokyo", "--yes"});
  good({"node", "set", "web1", "--verify-url", "shop.example.com"});
  EXPECT_EQ(json({"node", "show", "web1"})["verify"], "url");
  EXPECT_NE(good({"node", "show", "web1", "--lang", "ja"}).find("確認方法            URL\n"), std::string::npos);
  bad(2, "--verify-port and --no-verify", {"node", "set", "web1", "--no-verify", "--verify-port", "1"});
  good({"node", "set", "web1", "--no-verify"});
  bad(2, "--verify-url or --verify-address is needed", {"node", "set", "web1", "--verify-port", "1"});
  good({"access", "add", "winrm", "--address", "192.0.2.20", "--login", "x", "--password-stdin",
        "--without-host-key"},
       "secret\n");
  bad(2, "has no host key", {"node", "set", "web1", "--access", "winrm"});
}

TEST_F(Command, a_wrong_command_line_is_one_line_that_says_what) {
  bad(2, "a command is needed", {});
  bad(2, "did you mean service?", {"servce", "list"});
  bad(2, "did you mean list?", {"service", "lst"});
  bad(2, "did you mean --common-name?", {"service", "add", "x", "--commonname", "y"});
  bad(2, "NAME is needed", {"service", "add"});
  bad(2, "rsa-2048|rsa-4096", {"service", "add", "x", "--common-name", "y.example.com", "--key", "rsa-1024"});
  bad(2, "1 to 65535", {"access", "add", "x", "--address", "h", "--login", "l", "--port", "0"});
  bad(2, "--host-key is needed",
      {"access", "add", "x", "--address", "192.0.2.1", "--login", "l", "--password-stdin"});
  bad(2, "/no/such/key",
      {"access", "add", "x", "--address", "192.0.2.1", "--login", "l", "--key-file", "/no/such/key",
       "--host-key", fingerprint});
  bad(2, "is no SSH private key",
      {"access", "add", "x", "--address", "192.0.2.1", "--login", "l", "--key-file", "/etc/hostname",
       "--host-key", fingerprint});
  bad(2, "--common-name is needed", {"service", "add", "x"});
  bad(2, "https", {"ca-account", "add", "x", "--directory", "http://ca.example.com"});
  bad(2, "/etc/hostname",
      {"ca-account", "add", "x", "--directory", "https://ca.example.com", "--ca-file", "/etc/hostname"});
  bad(2, "yesterday: not a time", {"log", "--since", "yesterday"});
}

TEST_F(Command, a_wrong_name_suggests_the_near_ones) {
  add_service("shop");
  bad(3, "there is no service shup; did you mean shop?", {"service", "show", "shup"});
  bad(3, "there is no site osaka",
      {"node", "add", "n", "--service", "shop", "--site", "osaka", "--access", "a", "--cert-file", "/a",
       "--key-file", "/b", "--work-dir", "/c", "--no-verify"});
  bad(5, "service shop exists already", {"service", "add", "shop", "--common-name", "shop.example.com"});
  bad(3, "there is no job 4711", {"job", "show", "4711"});
}

TEST_F(Command, a_server_that_is_away_and_a_missing_configuration_say_where) {
  write_file(*home_ / "away.toml", "[database]\ndsn = \"host=127.0.0.1 port=1 dbname=x user=y\"\n", 0600);
  bad(6, "port 1", {"--config", (*home_ / "away.toml").string(), "service", "list"});
  bad(2, "/no/such/file", {"--config", "/no/such/file", "service", "list"});
  write_file(*home_ / "odd.toml", "[database]\ndsn = \"x\"\nport = 1\n", 0600);
  bad(2, "database.port", {"--config", (*home_ / "odd.toml").string(), "service", "list"});
  use_config(*home_ / "none.toml");
  bad(2, "none.toml", {"service", "list"});
  use_config(config() / "certfleet.toml");
  new_database("empty");
  write_file(*home_ / "empty.toml",
             "[database]\ndsn = \"" + postgres_->env("PG_TCP_DSN") + " dbname=empty\"\n", 0600);
  bad(3, "certfleet init", {"--config", (*home_ / "empty.toml").string(), "service", "list"});
}

TEST_F(Command, no_secret_is_readable_in_the_database) {
  add_access("web1");
  good({"access", "add", "web2", "--address", "192.0.2.11", "--login", "deploy", "--password-stdin", "--exec",
        "root", "--exec-password-stdin", "--host-key", fingerprint},
       "swordfish\nopensesame\n");
  good({"mail", "set", "--from", "a@example.com", "--host", "smtp.example.com", "--user", "a",
        "--password-stdin"},
       "hushhush\n");
  auto dump = certfleet::testing::run(
      {postgres_->env("PG_BIN") + "/pg_dump", "-d", postgres_->env("PG_DSN") + " dbname=installation"});
  ASSERT_EQ(dump.exit_code, 0);
  ASSERT_NE(dump.out.find("192.0.2.11"), std::string::npos);
  for (const std::string secret : {"swordfish", "opensesame", "hushhush", "first-secret"})
    for (const auto& form : {secret, pki::to_hex(secret), pki::base64(secret)})
      EXPECT_EQ(dump.out.find(form), std::string::npos) << form;
  // The one who holds the key can open them, each for its purpose only.
  std::vector<pki::SealingKey> keys;
  keys.push_back(pki::SealingKey::from_file_text(pki::Secret(read_file(config() / "sealing.key"))));
  auto box = pki::from_base64(sql("installation",
                                  "SELECT translate(encode(exec_secret_sealed, 'base64'), E'\\n', '')"
                                  " FROM certfleet.access WHERE name = 'web2'"));
  ASSERT_TRUE(box.has_value());
  EXPECT_EQ(pki::open(keys, domain::purpose::access_exec, *box).view(), "opensesame");
  EXPECT_THROW(pki::open(keys, domain::purpose::access_login, *box), Failure);
}

TEST_F(Command, an_order_is_started_seen_and_cancelled) {
  add_service("shop");
  bad(2, "no CA account", {"order", "start", "shop", "--now"});
  good(
      {"ca-account", "add", "ca", "--directory", "https://ca.example.com/dir", "--contact", "a@example.com"});
  good({"service", "set", "shop", "--ca-account", "ca"});
  bad(2, "--now or --at", {"order", "start", "shop"});
  bad(2, "has passed", {"order", "start", "shop", "--at", "2020-01-01 00:00"});
  auto scheduled = json({"order", "start", "shop", "--at", "2099-01-01 00:00"});
  EXPECT_EQ(scheduled["scheduled_at"], "2098-12-31T15:00:00Z");  // the installation is in Tokyo
  auto board = json({"dashboard"});
  ASSERT_EQ(board["information"].size(), 1U);
  EXPECT_EQ(board["information"][0]["subject"], "shop");
  good({"order", "start", "shop", "--now"});
  auto jobs = json({"job", "list"});
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_EQ(jobs[0]["kind"], "csr.make");
  EXPECT_EQ(jobs[0]["state"], "ready");
  good({"order", "cancel", "shop"});
  EXPECT_EQ(json({"order", "list"})[0]["service"], "shop");
}

TEST_F(Command, the_log_speaks_both_languages) {
  add_service("shop");
  sql("installation",
      "INSERT INTO certfleet.trace (at, level, module, code, request_no, args, service_id)"
      " SELECT '2026-12-01 00:00+00', 'E', 'apply', 1811, 7, '{root}', id FROM certfleet.service");
  EXPECT_EQ(certfleet({"log", "--lang", "ja"}).out,
            "2026-12-01 09:00:00 apply <E1811> 00007 ログインできません。[root]\n");
  auto english = certfleet({"log", "--service", "shop", "--level", "error"}).out;
  EXPECT_TRUE(english.starts_with("2026-12-01 09:00:00 apply <E1811> 00007 ")) << english;
  auto line = Json::parse(good({"log", "--json"}));
  EXPECT_EQ(line["code"], 1811);
  EXPECT_EQ(line["level"], "error");
  EXPECT_EQ(line["args"], Json::array({"root"}));
  EXPECT_EQ(certfleet({"service", "list"}, "", "ja_JP.UTF-8").out.substr(0, 6), "名称");
}

TEST_F(Command, a_viewer_sees_and_does_not_change) {
  add_service("shop");
  good({"user", "add", "viewer@example.com", "--group", "web", "--password-stdin"}, "viewer-secret\n");
  auto passfile = *home_ / "viewer.pgpass";
  write_file(passfile, "*:*:*:viewer@example.com:viewer-secret\n", 0600);
  write_file(*home_ / "viewer.toml",
             "[database]\ndsn = \"host=127.0.0.1 port=" + postgres_->env("PG_PORT") +
                 " dbname=installation user=viewer@example.com passfile=" + passfile.string() + "\"\n",
             0600);
  use_config(*home_ / "viewer.toml");
  EXPECT_EQ(json({"service", "list"}).size(), 1U);
  for (const auto* noun :
       {"node", "access", "ca-account", "notification", "group", "site", "order", "job", "keys"})
    good({noun, "list", "--json"});
  good({"settings", "show"});
  EXPECT_EQ(certfleet({"status"}).exit_code, 1);
  good({"dashboard"});
  good({"schedule", "list"});
  good({"version"});
  bad(4, "permission denied", {"service", "add", "x", "--common-name", "x.example.com"});
  bad(4, "permission denied", {"service", "set", "shop", "--enabled", "off"});
  bad(4, "permission denied", {"service", "remove", "shop", "--yes"});
  bad(4, "permission denied", {"site", "add", "osaka"});
  bad(4, "permission denied", {"settings", "set", "--language", "en"});
  bad(4, "permission denied", {"schedule", "disable", "verify"});
  bad(4, "permission denied", {"keys", "revoke", "broker", "--yes"});
  use_config(config() / "certfleet.toml");
  write_file(passfile, "*:*:*:viewer@example.com:wrong\n", 0600);
  bad(4, "viewer@example.com", {"--config", (*home_ / "viewer.toml").string(), "service", "list"});
}

TEST_F(Command, help_shows_an_example_for_each_verb_in_both_languages) {
  auto top = good({"--help"});
  EXPECT_NE(top.find("dashboard"), std::string::npos);
  for (const auto& words : std::vector<std::vector<std::string>>{{"service", "add"},
                                                                 {"node", "apply"},
                                                                 {"init"},
                                                                 {"dev"},
                                                                 {"log"},
                                                                 {"order", "start"},
                                                                 {"keys", "enroll"}}) {
    auto asked = words;
    asked.emplace_back("--help");
    auto english = good(asked);
    EXPECT_NE(english.find("Example:\n  certfleet "), std::string::npos) << words.front();
    asked.insert(asked.end(), {"--lang", "ja"});
    EXPECT_NE(good(asked).find("例:\n  certfleet "), std::string::npos) << words.front();
  }
}

TEST_F(Command, help_tells_what_may_be_repeated_and_what_numbers_may_be) {
  auto has = [](const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " is not in " << text;
  };
  auto service = good({"service", "set", "--help"});
  has(service, "A further name (may be repeated)\n");
  has(service, "Licences (1), 1 - 9999\n");
  has(service, "Only if it has this revision, which show tells\n");
  has(good({"service", "set", "--help", "--lang", "ja"}), "追加の FQDN (複数指定可)\n");
  has(good({"node", "list", "--help"}), "With this apply status (may be repeated)\n");
  has(good({"job", "cancel", "--help"}), "a node in mid-change is put back first\n");
  has(good({"node", "apply", "--help", "--lang", "ja"}), "ノードが変更の途中なら、まず元に戻す\n");
}

}  // namespace
}  // namespace certfleet::cli
