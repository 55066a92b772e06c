// The configuration out and in again, by the real command on a real database.
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/store/import_turn.h"
#include "lib/store/revisions.h"
#include "tests/integration/cli/house.h"
#include "tests/support/eventually.h"

namespace certfleet::cli {
namespace {

using Json = nlohmann::json;

const std::string fingerprint = "SHA256:" + std::string(43, 'A');

class Importing : public House {
 protected:
  void SetUp() override {
    sql("installation",
        "DELETE FROM certfleet.service; DELETE FROM certfleet.access; DELETE FROM certfleet.ca_account;"
        "DELETE FROM certfleet.site WHERE name <> 'tokyo'; DELETE FROM certfleet.user_group WHERE name <> 'web'");
  }

  static std::string file(const std::string& name, const std::string& content) {
    auto path = *home_ / name;
    std::ofstream(path) << content;
    return path.string();
  }
  static Json json(std::vector<std::string> words) {
    words.emplace_back("--json");
    return Json::parse(good(std::move(words)));
  }
  static void make_shop() {
    good({"site", "add", "osaka"});
    good({"access", "add", "web1", "--address", "192.0.2.10", "--login", "deploy", "--password-stdin",
          "--host-key", fingerprint},
         "swordfish\n");
    good({"service", "add", "shop", "--common-name", "shop.example.com", "--san", "www.example.com", "--key",
          "ecdsa-p256", "--country", "JP", "--state", "東京都"});
    good({"node", "add", "web1", "--service", "shop", "--access", "web1", "--site", "osaka",
          "--verify-address", "192.0.2.10", "--cert-file", "/etc/ssl/a.crt", "--key-file", "/etc/ssl/a.key",
          "--work-dir", "/var/lib/certfleet"});
  }
  // What stands on standard error, of a command that must fail with `exit_code`.
  static std::string refused(int exit_code, std::vector<std::string> words) {
    auto ran = certfleet(std::move(words));
    EXPECT_EQ(ran.exit_code, exit_code) << ran.err;
    return ran.err;
  }
};

TEST_F(Importing, what_was_exported_changes_nothing) {
  make_shop();
  auto text = good({"export"});
  EXPECT_EQ(text.find("swordfish"), std::string::npos);
  EXPECT_NE(text.find("login_secret: stored"), std::string::npos) << text;
  auto path = file("same.yaml", text);
  auto planned = certfleet({"import", "--plan", path});
  EXPECT_EQ(planned.out, "");
  EXPECT_EQ(planned.err, "nothing would change\n");
  EXPECT_EQ(json({"import", path})["changed"], 0);
  EXPECT_EQ(good({"export"}), text);  // and the order is the same each time
}

TEST_F(Importing, what_was_removed_comes_back_but_for_the_secrets) {
  make_shop();
  auto text = good({"export"});
  good({"service", "remove", "shop", "--yes"});
  auto planned = json({"import", "--plan", file("back.yaml", text)});
  EXPECT_EQ(json({"service", "list"}).size(), 0U);  // only planned
  EXPECT_EQ(planned[0]["change"], "added");
  auto done = json({"import", file("back.yaml", text)});
  EXPECT_EQ(done["added"], 2);
  EXPECT_EQ(json({"service", "show", "shop"})["sans"], Json::array({"www.example.com"}));
  EXPECT_EQ(json({"node", "show", "web1"})["site"], "osaka");

  good({"node", "remove", "web1", "--yes"});
  good({"access", "remove", "web1", "--yes"});
  auto err = refused(2, {"import", file("back.yaml", text)});
  EXPECT_NE(err.find("login_secret: is not stored here; give it as file:PATH"), std::string::npos) << err;
  auto at = text.find("login_secret: stored");
  text.replace(at, 20, "login_secret: file:" + file("password", "new-password"));
  good({"import", file("back.yaml", text)});
  EXPECT_EQ(json({"node", "list"}).size(), 1U);
}

TEST_F(Importing, a_plan_shows_each_difference) {
  make_shop();
  auto text = good({"export", "--service", "shop"});
  auto at = text.find("www.example.com");
  text.replace(at, 15, "new.example.com");
  auto planned = json({"import", "--plan", file("edit.yaml", text)});
  ASSERT_EQ(planned.size(), 1U);
  EXPECT_EQ(planned[0]["kind"], "services");
  EXPECT_EQ(planned[0]["name"], "shop");
  EXPECT_EQ(planned[0]["key"], "sans");
  EXPECT_EQ(planned[0]["before"], "www.example.com");
  EXPECT_EQ(planned[0]["after"], "new.example.com");
}

TEST_F(Importing, nothing_is_half_done_and_every_fault_is_told_with_its_line) {
  auto err = refused(2, {"import", file("bad.yaml",
                                        "format: 1\n"
                                        "sites:\n"
                                        "  - name: nagoya\n"
                                        "services:\n"
                                        "  - name: a\n"
                                        "    group: web\n"
                                        "    common_nam: a.example.com\n"
                                        "  - name: b\n"
                                        "    group: nobody\n"
                                        "    common_name: b.example.com\n"
                                        "  - name: c\n"
                                        "    group: web\n"
                                        "    common_name: " +
                                            std::string(65, 'c') + ".example.com\n")});
  EXPECT_NE(err.find("service a: line 7: common_nam: is an unknown key; did you mean common_name?"),
            std::string::npos)
      << err;
  EXPECT_NE(err.find("service b: line 9: group: there is no \"nobody\""), std::string::npos) << err;
  EXPECT_NE(err.find("line 11: service c: "), std::string::npos) << err;
  EXPECT_EQ(json({"site", "list"}).size(), 1U);
  EXPECT_EQ(json({"service", "list"}).size(), 0U);
}

TEST_F(Importing, who_changed_it_meanwhile_is_not_overwritten) {
  make_shop();
  auto text = good({"export", "--service", "shop"});
  good({"service", "set", "shop", "--enabled", "off"});
  auto err = refused(5, {"import", file("old.yaml", text)});
  EXPECT_NE(err.find("service shop: was changed after it was exported"), std::string::npos) << err;
}

TEST_F(Importing, a_list_of_services_and_nodes_comes_as_csv) {
  make_shop();
  std::string services = "name,group,common_name,sans,key.algorithm\n";
  for (int i = 0; i < 300; ++i) {
    auto name = "s" + std::to_string(i);
    services += name + ",web," + name + ".example.com,x." + name + ".example.com,rsa-2048\n";
  }
  EXPECT_EQ(json({"import", "--csv", "services", file("services.csv", services)})["added"], 300);
  EXPECT_EQ(json({"import", "--csv", "services", file("services.csv", services)})["same"], 300);
  auto nodes = good({"export", "--csv", "nodes"});
  EXPECT_EQ(json({"import", "--csv", "nodes", file("nodes.csv", nodes)})["same"], 1);
  auto err = refused(
      2, {"import", "--csv", "services",
          file("bad.csv",
               "name,group,common_name\nnew1,web,new1.example.com\nnew2,web,-bad-\nnew3,nobody,x.jp\n")});
  EXPECT_NE(err.find("line 3: service new2: "), std::string::npos) << err;
  EXPECT_NE(err.find("service new3: line 4: group: there is no \"nobody\""), std::string::npos) << err;
  EXPECT_EQ(certfleet({"service", "show", "new1"}).exit_code, 3);
}

TEST_F(Importing, a_user_comes_without_a_password_and_logs_in_with_the_code_that_he_is_given) {
  auto path = file("users.yaml",
                   "format: 1\n"
                   "users:\n"
                   "  - name: rita@example.com\n"
                   "    role: viewer\n"
                   "    contact: |\n"
                   "      ext. 4711\n"
                   "      at night 4712\n"
                   "groups:\n"
                   "  - name: web\n"
                   "    members: [admin@example.com, rita@example.com]\n");
  auto planned = json({"import", "--plan", path});
  EXPECT_EQ(planned[0]["change"], "added");
  EXPECT_EQ(sql("installation", "SELECT count(*) FROM pg_roles WHERE rolname = 'rita@example.com'"), "0");
  EXPECT_EQ(json({"import", path})["added"], 1);
  EXPECT_EQ(json({"import", path})["same"], 2);
  auto shown = json({"user", "show", "rita@example.com"});
  EXPECT_EQ(shown["password"], "not set");
  EXPECT_EQ(shown["groups"], Json::array({"web"}));
  EXPECT_EQ(shown["contact"], "ext. 4711\nat night 4712\n");
  EXPECT_EQ(sql("installation", "SELECT rolcanlogin OR EXISTS (SELECT 1 FROM pg_auth_members WHERE member = r.oid)"
                                " FROM pg_roles r WHERE rolname = 'rita@example.com'"), "f");
  EXPECT_NE(good({"export", "--only", "users"}).find("rita@example.com"), std::string::npos);
  auto code = json({"user", "reset", "rita@example.com", "--yes"})["code"].get<std::string>();
  use_config(config() / "client.toml");
  good({"login", "rita@example.com", "--password-stdin"}, code + "\nrita-secret-1\n");
  EXPECT_EQ(json({"whoami"})["role"], "viewer");
  good({"logout"});
  use_config(config() / "certfleet.toml");
  EXPECT_EQ(json({"import", path})["same"], 2) << "that he has set a password is no change";
  good({"user", "remove", "rita@example.com", "--yes"});
}

TEST_F(Importing, the_company_is_part_of_the_configuration) {
  auto text = good({"export", "--only", "company"});
  EXPECT_NE(text.find("company:\n  name: Example K.K.\n  revision: "), std::string::npos) << text;
  auto path = file("company.yaml", text);
  EXPECT_EQ(json({"import", path})["same"], 1);
  good({"company", "set", "--name", "Example Inc."});
  EXPECT_NE(refused(5, {"import", path}).find("was changed after it was exported"), std::string::npos);
  path = file("company.yaml", "format: 1\ncompany:\n  name: Example K.K.\n");
  auto planned = json({"import", "--plan", path});
  ASSERT_EQ(planned.size(), 1U);
  EXPECT_EQ(planned[0]["before"], "Example Inc.");
  EXPECT_EQ(planned[0]["after"], "Example K.K.");
  EXPECT_EQ(json({"import", path})["changed"], 1);
  EXPECT_EQ(json({"company", "show"})["name"], "Example K.K.");
  auto wrong = refused(
      2, {"import", file("company.yaml", "format: 1\ncompany:\n  name: " + std::string(129, 'x') + "\n")});
  EXPECT_NE(wrong.find("company: has 129 bytes"), std::string::npos) << wrong;
  EXPECT_NE(refused(2, {"import", file("company.yaml", "format: 1\ncompany:\n  title: x\n")}).find("unknown key"),
            std::string::npos);
}

TEST_F(Importing, an_export_notes_the_revision_of_settings_and_batch_runs_too) {
  auto settings = file("settings.yaml", good({"export", "--only", "settings"}));
  auto schedules = file("schedules.yaml", good({"export", "--only", "schedules"}));
  EXPECT_EQ(json({"import", schedules})["same"], 4);
  good({"settings", "set", "--language", "en"});
  good({"schedule", "set", "orders", "--days", "29"});
  EXPECT_NE(refused(5, {"import", settings}).find("was changed after"), std::string::npos);
  EXPECT_NE(refused(5, {"import", schedules}).find("batch run orders: was changed after"), std::string::npos);
}

// Rows are written many at a time; what the database refuses is still told by its line, and nothing stays.
TEST_F(Importing, the_one_name_of_many_that_is_taken_out_of_sight_is_told_by_its_line) {
  sql("installation",
      "INSERT INTO certfleet.user_group (name) VALUES ('hidden');"
      "INSERT INTO certfleet.service (name, group_id, common_name)"
      " SELECT 's550', id, 'x.example.com' FROM certfleet.user_group WHERE name = 'hidden'");
  std::string services = "name,group,common_name\n";
  for (int i = 0; i < 700; ++i) services += "s" + std::to_string(i) + ",web,www.example.com\n";
  EXPECT_EQ(refused(5, {"import", "--csv", "services", file("taken.csv", services)}),
            "certfleet: line 552: service s550: service s550 exists already\n");
  EXPECT_EQ(sql("installation", "SELECT count(*) FROM certfleet.service"), "1");
}

TEST_F(Importing, each_of_many_changes_that_can_not_be_now_is_told_by_its_line) {
  auto list = [](const std::string& sans) {
    std::string services = "name,group,common_name,sans,key.algorithm\n";
    for (int i = 0; i < 5; ++i) services += "s" + std::to_string(i) + ",web,www.example.com," + sans + ",rsa-2048\n";
    return services;
  };
  good({"import", "--csv", "services", file("five.csv", list("a.example.com"))});
  sql("installation",
      "INSERT INTO certfleet.ca_account (name, kind, directory_url) VALUES ('ca', 'acme', 'https://ca.example.com/d');"
      "INSERT INTO certfleet.ca_order (service_id, ca_account_id, state)"
      " SELECT s.id, a.id, 'started' FROM certfleet.service s, certfleet.ca_account a WHERE s.name IN ('s1', 's3')");
  auto err = refused(5, {"import", "--csv", "services", file("five.csv", list("b.example.com"))});
  EXPECT_NE(err.find("line 3: service s1: the service s1 has an order under way"), std::string::npos) << err;
  EXPECT_NE(err.find("line 5: service s3: the service s3 has an order under way"), std::string::npos) << err;
  EXPECT_EQ(std::count(err.begin(), err.end(), '\n'), 2) << err;
  EXPECT_EQ(sql("installation", "SELECT count(*) FROM certfleet.service WHERE sans = '{b.example.com}'"), "0");

  sql("installation", "DELETE FROM certfleet.ca_order; DELETE FROM certfleet.audit");
  EXPECT_EQ(json({"import", "--csv", "services", file("five.csv", list("b.example.com"))})["changed"], 5);
  EXPECT_EQ(sql("installation",
                "SELECT count(*), min(who), min(before ->> 'sans'), max(after ->> 'sans')"
                " FROM certfleet.audit WHERE table_name = 'service' AND action = 'UPDATE'"),
            "5|admin@example.com|[\"a.example.com\"]|[\"b.example.com\"]");
  EXPECT_EQ(sql("installation", "SELECT count(*) FROM certfleet.audit"), "5") << "the key specs are as they were";
  EXPECT_EQ(sql("installation", "SELECT count(*) FROM certfleet.audit WHERE before ? 'searched' OR after ? 'expires'"),
            "0") << "what follows from the rest is not told";
  good({"import", "--csv", "services", file("five.csv", "name,group,common_name\ns0,web,www.example.com\n")});
  EXPECT_EQ(sql("installation", "SELECT count(*) FROM certfleet.key_spec"), "4") << "what a line leaves out is none";
}

TEST_F(Importing, a_second_node_of_a_key_on_windows_is_told_by_its_line) {
  make_shop();
  good({"service", "add", "store", "--common-name", "store.example.com"});
  good({"access", "add", "win", "--address", "192.0.2.20", "--login", "Administrator", "--password-stdin",
        "--without-host-key"}, "secret\n");
  std::string nodes =
      "name,service,site,access,kind,verify.mode,iis.site,iis.binding,iis.windows_version,iis.windows_key\n";
  for (const std::string line : {"w1,store", "w2,store"}) nodes += line + ",osaka,win,iis,none,Web,:*:443,2022,true\n";
  EXPECT_NE(refused(5, {"import", "--csv", "nodes", file("windows.csv", nodes)})
                .find("line 3: node w2: node w2: a service whose key was made on Windows has one node, and it has w1"),
            std::string::npos);
  EXPECT_EQ(sql("installation", "SELECT count(*) FROM certfleet.node WHERE kind = 'iis'"), "0");
}

// Manual 9.1.6: what access set refuses.
TEST_F(Importing, an_access_stays_fit_for_its_nodes) {
  make_shop();
  const auto text = good({"export", "--only", "accesses"});
  auto edited = [&](const std::string& line, const std::string& instead) {
    auto at = text.find(line);
    EXPECT_NE(at, std::string::npos) << text;
    return file("edited.yaml", std::string(text).replace(at, line.size(), instead));
  };
  auto err = refused(2, {"import", edited("    host_key: " + fingerprint + "\n", "")});
  EXPECT_NE(err.find("access web1: access web1 has no host key, which SSH needs"), std::string::npos) << err;
  err = refused(2, {"import", "--plan", edited("login_id: deploy", "login_id: 'EXAMPLE\\x'")});
  EXPECT_NE(err.find("access web1: login id \"EXAMPLE\\x\""), std::string::npos) << err;
  err = refused(2, {"import", edited("login_id: deploy", "login_id: deploy\n    exec_secret: file:" +
                                                             file("password", "sudo"))});
  EXPECT_NE(err.find("access web1: execution password: needs an execution id"), std::string::npos) << err;
}

TEST_F(Importing, an_access_and_its_node_change_together) {
  make_shop();
  auto text = good({"export", "--service", "shop"});
  auto replace = [&](const std::string& old, const std::string& by) {
    auto at = text.find(old);
    ASSERT_NE(at, std::string::npos) << old << " in " << text;
    text.replace(at, old.size(), by);
  };
  replace("    host_key: " + fingerprint + "\n", "");
  auto path = file("half.yaml", text);
  EXPECT_NE(refused(2, {"import", path}).find("access web1: access web1 has no host key"), std::string::npos);
  replace("kind: apache", "kind: bigip");
  for (const auto* line : {"      cert_file: /etc/ssl/a.crt\n", "      key_file: /etc/ssl/a.key\n",
                           "      work_dir: /var/lib/certfleet\n", "      control: apachectl\n", "    apache:\n"})
    if (auto at = text.find(line); at != std::string::npos) text.erase(at, std::string(line).size());
  text += "    bigip:\n      profile: clientssl\n      import_name: shop\n";
  path = file("together.yaml", text);
  EXPECT_EQ(json({"import", "--plan", path}).empty(), false);
  EXPECT_EQ(json({"import", path})["changed"], 2);
  EXPECT_EQ(json({"node", "show", "web1"})["kind"], "bigip");
}

// Each changes ann and bob, in another order, with carl between them: both would have one and wait for the other.
TEST_F(Importing, two_that_change_the_same_users_go_one_after_another) {
  const std::vector<std::string> users{"ann@example.com", "bob@example.com", "carl@example.com"};
  for (const auto& user : users) good({"user", "add", user, "--role", "viewer", "--code"});
  auto document = [&](const std::string& name, std::vector<std::size_t> order, const std::string& contact) {
    std::string text = "format: 1\nusers:\n";
    for (auto i : order)
      text += "  - name: " + users[i] + "\n    role: admin\n    contact: " + contact + "\n";
    return file(name, text);
  };
  auto started = [](const std::string& path) {
    certfleet::testing::ProcessOptions options;
    options.env = {
        {"CERTFLEET_CONFIG", config_file_.string()}, {"HOME", home_->path().string()}, {"LC_ALL", "C.UTF-8"}};
    return std::make_unique<certfleet::testing::Process>(
        std::vector<std::string>{CERTFLEET_BIN "/certfleet", "import", path}, options);
  };
  auto waiting = [](const std::string& how_many) {
    return certfleet::testing::eventually(std::chrono::seconds(10), [&] {
      return sql("installation", "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                                 " AND wait_event_type = 'Lock'") == how_many;
    });
  };
  std::unique_ptr<certfleet::testing::Process> first, second;
  store::Database owner(store::DatabaseSettings{postgres_->env("PG_DSN") + " dbname=installation", "test"});
  auto carl = sql("installation", "SELECT id FROM certfleet.app_user WHERE name = 'carl@example.com'");
  owner.write([&](store::Tx& tx) {
    store::revisions::lock(tx, store::revisions::Table::user, std::stol(carl));
    first = started(document("first.yaml", {0, 2, 1}, "first"));
    EXPECT_TRUE(waiting("1"));
    second = started(document("second.yaml", {1, 2, 0}, "second"));
    EXPECT_TRUE(second->wait_for_line("waits for another import to end", std::chrono::seconds(10)));
    EXPECT_TRUE(waiting("2"));
  });
  EXPECT_EQ(first->wait(std::chrono::seconds(20)), 0) << first->err();
  EXPECT_EQ(second->wait(std::chrono::seconds(20)), 0) << second->err();
  EXPECT_EQ(sql("installation", "SELECT DISTINCT contact FROM certfleet.app_user WHERE name <> 'admin@example.com'"),
            "second");
  for (const auto& user : users) good({"user", "remove", user, "--yes"});
}

TEST_F(Importing, one_that_waits_too_long_for_another_says_so) {
  store::Database one(store::DatabaseSettings{postgres_->env("PG_DSN") + " dbname=installation", "one"});
  store::Database two(store::DatabaseSettings{postgres_->env("PG_DSN") + " dbname=installation", "two"});
  int waits = 0;
  auto take = [&](store::Tx& tx) { store::take_import_turn(tx, [&] { ++waits; }, std::chrono::seconds(1)); };
  one.write([&](store::Tx& tx) {
    take(tx);
    EXPECT_EQ(waits, 0);
    try {
      two.write(take);
      ADD_FAILURE();
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.fault(), Fault::conflict);
      EXPECT_STREQ(failure.what(), "another import has not ended within 1 s: nothing was changed, try again later");
    }
    EXPECT_EQ(waits, 1);
  });
  two.write(take);
  EXPECT_EQ(waits, 1);
}

TEST_F(Importing, a_secret_is_looked_at_before_it_is_sealed) {
  auto access = [&](const std::string& secret) {
    return file("access.yaml", "format: 1\naccesses:\n  - name: a\n    address: h\n    login_id: l\n" + secret);
  };
  auto err = refused(2, {"import", access("    login_key: file:" + file("key", "no key"))});
  EXPECT_NE(err.find("access a: " + (*home_ / "key").string() + ": is no SSH private key"), std::string::npos) << err;
  std::filesystem::remove(*home_ / "locked");
  ASSERT_EQ(std::system(("ssh-keygen -q -t ed25519 -N secret -f " + (*home_ / "locked").string()).c_str()), 0);
  err = refused(2, {"import", access("    login_key: file:" + (*home_ / "locked").string())});
  EXPECT_NE(err.find("is protected by a passphrase"), std::string::npos) << err;
  auto account = [&](const std::string& key) {
    return file("ca.yaml", "format: 1\nca_accounts:\n  - name: dc\n    kind: digicert\n"
                           "    api_url: https://dc.example.com/v2\n" + key);
  };
  err = refused(2, {"import", account("    api_key: file:" + file("key", "two words"))});
  EXPECT_NE(err.find("CA account dc: API key: has a blank"), std::string::npos) << err;
  err = refused(2, {"import", account("")});
  EXPECT_NE(err.find("CA account dc: a DigiCert account needs its API key"), std::string::npos) << err;
  good({"import", account("    api_key: file:" + file("key", "TOPSECRETKEY"))});

  const auto text = good({"export", "--only", "ca_accounts"});
  auto at = text.find("https://dc.example.com");
  auto moved = std::string(text).replace(at, 22, "https://evil.example.com");
  err = refused(2, {"import", file("ca.yaml", moved)});
  EXPECT_NE(err.find("another API URL needs its API key again"), std::string::npos) << err;
  moved.erase(moved.find("    api_key: stored\n"), 20);
  err = refused(2, {"import", file("ca.yaml", moved)});
  EXPECT_NE(err.find("another API URL needs its API key again"), std::string::npos) << err;
  EXPECT_EQ(json({"ca-account", "show", "dc"})["api_url"], "https://dc.example.com/v2");
}

// A key that a document leaves out is at its default: so is a secret, and the plan says so.
TEST_F(Importing, a_secret_that_is_left_out_is_removed_and_the_plan_shows_it) {
  make_shop();
  certfleet::testing::Part ssh("sshd");
  good({"access", "set", "web1", "--key-file", ssh.env("SSH_KEY"), "--exec", "root", "--exec-password-stdin"},
       "sudo\n");
  auto text = good({"export", "--only", "accesses"});
  for (const std::string line : {"    login_secret: stored\n", "    exec_secret: stored\n"}) {
    ASSERT_NE(text.find(line), std::string::npos) << text;
    text.erase(text.find(line), line.size());
  }
  auto less = file("less.yaml", text);
  auto planned = json({"import", "--plan", less});
  ASSERT_EQ(planned.size(), 2U) << planned;
  EXPECT_EQ(planned[0]["key"], "login_secret");
  EXPECT_EQ(planned[0]["before"], "stored");
  EXPECT_EQ(planned[0]["after"], nullptr);
  EXPECT_EQ(planned[1]["key"], "exec_secret");
  EXPECT_EQ(json({"import", less})["changed"], 1);
  auto shown = json({"access", "show", "web1"});
  EXPECT_EQ(shown["password"], false);
  EXPECT_EQ(shown["key"], true);
  EXPECT_EQ(shown["exec_password"], false);
  text = good({"export", "--only", "accesses"});
  EXPECT_EQ(json({"import", file("less.yaml", text)})["same"], 1);
  text.erase(text.find("    login_key: stored\n"), 22);
  auto err = refused(2, {"import", file("none.yaml", text)});
  EXPECT_NE(err.find("a password or an SSH key is needed"), std::string::npos) << err;

  good({"ca-account", "add", "dc", "--kind", "digicert", "--api-key-stdin"}, "TOPSECRETKEY\n");
  text = good({"export", "--only", "ca_accounts"});
  text.erase(text.find("    api_key: stored\n"), 20);
  err = refused(2, {"import", "--plan", file("keyless.yaml", text)});
  EXPECT_NE(err.find("a DigiCert account needs its API key"), std::string::npos) << err;
}

TEST_F(Importing, an_smtp_user_goes_with_his_password) {
  good({"mail", "set", "--from", "a@example.com", "--host", "smtp.example.com", "--user", "u", "--password-stdin"},
       "secret\n");
  const auto text = good({"export", "--only", "mail"});
  auto without = [&](const std::vector<std::string>& lines) {
    auto edited = text;
    for (const auto& line : lines) {
      EXPECT_NE(edited.find(line), std::string::npos) << edited;
      edited.erase(edited.find(line), line.size());
    }
    return file("mail.yaml", edited);
  };
  EXPECT_EQ(json({"import", file("same.yaml", text)})["same"], 1);
  auto err = refused(2, {"import", without({"  auth_password: stored\n"})});
  EXPECT_NE(err.find("the SMTP user and its password need each other"), std::string::npos) << err;
  err = refused(2, {"import", without({"  auth_user: u\n"})});
  EXPECT_NE(err.find("auth_password: is not stored here"), std::string::npos) << err;
  auto neither = without({"  auth_user: u\n", "  auth_password: stored\n"});
  EXPECT_EQ(json({"import", "--plan", neither}).size(), 2U);
  EXPECT_EQ(json({"import", neither})["changed"], 1);
  EXPECT_EQ(sql("installation",
                "SELECT num_nonnulls(auth_user, auth_password_sealed) FROM certfleet.mail_settings"),
            "0");
  err = refused(2, {"import", file("mail.yaml", good({"export", "--only", "mail"}) + "  auth_user: u\n")});
  EXPECT_NE(err.find("the SMTP user and its password need each other"), std::string::npos) << err;
}

// What keys and triggers look up for each row is planned while there is nothing to read.
TEST_F(Importing, the_first_services_are_not_read_again_for_each_that_follows) {
  sql("installation", "VACUUM ANALYZE certfleet.service");
  auto read = [] {
    return std::stol(sql("installation",
                         "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_all_tables"
                         " WHERE relid = 'certfleet.service'::regclass"));
  };
  std::string services = "name,group,common_name,key.algorithm\n";
  for (int i = 0; i < 2000; ++i) services += "s" + std::to_string(i) + ",web,www.example.com,rsa-2048\n";
  auto before = read();
  good({"import", "--csv", "services", file("first.csv", services)});
  EXPECT_LT(read() - before, 400'000);  // a million if the first plans are kept
}

}  // namespace
}  // namespace certfleet::cli
