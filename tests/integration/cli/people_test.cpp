// Users, groups, logins and the audit log, by the real command against a real installation.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/store/dsn.h"
#include "lib/store/transaction.h"
#include "lib/store/users.h"
#include "tests/integration/cli/house.h"
#include "tests/support/eventually.h"

namespace certfleet::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

const std::string admin = "admin@example.com";
const std::string first = "first-secret";

class People : public House {
 protected:
  // Whatever a test before left: one administrator, one group, nobody logged in.
  void SetUp() override {
    use_config(config() / "client.toml");
    certfleet({"logout"});
    use_config(config() / "certfleet.toml");
    for (const auto& user : json({"user", "list"}))
      if (user["name"] != admin) good({"user", "remove", user["name"], "--yes"});
    sql("installation", "DELETE FROM certfleet.service; DELETE FROM certfleet.user_group WHERE name <> 'web'");
  }

  static Json json(std::vector<std::string> words, const std::string& input = "") {
    words.emplace_back("--json");
    return Json::parse(good(std::move(words), input));
  }
  static void add(const std::string& name, const std::string& role, const std::string& group = "web") {
    good({"user", "add", name, "--role", role, "--group", group, "--password-stdin"}, password_of(name));
  }
  static std::string password_of(const std::string& name) { return name.substr(0, 5) + "-password\n"; }
  static void login(const std::string& name) {
    use_config(config() / "client.toml");
    good({"login", name, "--password-stdin"}, password_of(name));
  }
  static void back() {
    good({"logout"});
    use_config(config() / "certfleet.toml");
  }
  // Connected as somebody, as his psql would be.
  static store::Database connected(const std::string& name, std::string password) {
    password.pop_back();
    auto server = postgres_->env("PG_TCP_DSN") + " dbname=installation";
    return store::Database({store::dsn::for_login(server, name, password), "psql"});
  }
};

TEST_F(People, a_login_is_kept_for_its_user_alone_until_the_logout) {
  add("carol@example.com", "viewer");
  use_config(config() / "client.toml");
  bad(4, "certfleet login", {"service", "list"});
  bad(4, "password authentication failed", {"login", "carol@example.com", "--password-stdin"}, "wrong-password\n");
  good({"login", "Carol@Example.com", "--password-stdin"}, password_of("carol@example.com"));
  auto who = json({"whoami"});
  EXPECT_EQ(who["name"], "carol@example.com");
  EXPECT_EQ(who["role"], "viewer");
  EXPECT_EQ(who["groups"], Json::array({"web"}));
  EXPECT_EQ(who["by"], "login");
  EXPECT_NE(who["until"], nullptr);
  int files = 0;
  for (const auto& entry : fs::directory_iterator(*home_ / ".local/state/certfleet")) {
    struct stat found {};
    ASSERT_EQ(::stat(entry.path().c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 07777U, 0600U);
    ++files;
  }
  EXPECT_EQ(files, 1);
  bad(4, "permission denied", {"site", "add", "osaka"});
  good({"logout"});
  EXPECT_TRUE(fs::is_empty(*home_ / ".local/state/certfleet"));
  bad(4, "certfleet login", {"service", "list"});
  use_config(config() / "certfleet.toml");
  EXPECT_EQ(json({"whoami"})["by"], "configuration");
}

TEST_F(People, a_login_takes_the_place_of_the_configurations_user_and_leaves_other_installations_alone) {
  add("carol@example.com", "viewer");
  good({"login", "carol@example.com", "--password-stdin"}, password_of("carol@example.com"));
  EXPECT_EQ(json({"whoami"})["name"], "carol@example.com");
  write_file(*home_ / "other.toml",
             "[database]\ndsn = \"" + postgres_->env("PG_TCP_DSN") + " dbname=postgres\"\n", 0600);
  bad(3, "certfleet init", {"--config", (*home_ / "other.toml").string(), "service", "list"});
  good({"logout"});
  EXPECT_EQ(json({"whoami"})["name"], admin);
}

TEST_F(People, with_a_one_time_code_one_sets_a_password_once_and_does_nothing_else) {
  auto made = json({"user", "add", "dave@example.com", "--role", "admin", "--group", "web", "--code"});
  std::string code = made["code"];
  EXPECT_EQ(json({"user", "show", "dave@example.com"})["password"], "not set");
  EXPECT_NE(good({"user", "list"}).find("not set"), std::string::npos);
  auto database = connected("dave@example.com", code + "\n");
  EXPECT_THROW(database.read([](store::Tx& tx) { store::users::list(tx); }), Failure);
  use_config(config() / "client.toml");
  bad(2, "at least 12", {"login", "dave@example.com", "--password-stdin", "--json"}, code + "\nshort\n");
  good({"login", "dave@example.com", "--password-stdin"}, code + "\n" + password_of("dave@example.com"));
  EXPECT_EQ(json({"whoami"})["role"], "admin");
  bad(4, "authentication failed", {"login", "dave@example.com", "--password-stdin"}, code + "\nanother-password\n");
  back();
  EXPECT_EQ(json({"user", "show", "dave@example.com"})["password"], "set");
}

TEST_F(People, who_is_reset_or_removed_loses_his_sessions_at_once) {
  add("erin@example.com", "admin");
  auto database = connected("erin@example.com", password_of("erin@example.com"));
  database.read([](store::Tx& tx) { store::users::list(tx); });
  auto code = json({"user", "reset", "erin@example.com", "--yes"})["code"];
  EXPECT_THROW(database.read([](store::Tx& tx) { store::users::list(tx); }), Failure);
  EXPECT_THROW(database.connect(), Failure);
  use_config(config() / "client.toml");
  good({"login", "erin@example.com", "--password-stdin"},
       code.get<std::string>() + "\n" + password_of("erin@example.com"));
  use_config(config() / "certfleet.toml");
  good({"logout"});
  database.read([](store::Tx& tx) { store::users::list(tx); });
  good({"user", "remove", "erin@example.com", "--yes"});
  EXPECT_THROW(database.read([](store::Tx& tx) { store::users::list(tx); }), Failure);
  EXPECT_THROW(database.connect(), Failure);
  bad(3, "there is no user erin@example.com", {"user", "show", "erin@example.com"});
}

// Manual 6.5.3.
TEST_F(People, an_administrator_sets_anothers_password_and_his_sessions_end) {
  add("olga@example.com", "viewer");
  auto database = connected("olga@example.com", password_of("olga@example.com"));
  database.read([](store::Tx& tx) { store::users::list(tx); });
  bad(2, "at least 12", {"user", "reset", "olga@example.com", "--password-stdin", "--yes"}, "short\n");
  good({"user", "reset", "olga@example.com", "--password-stdin", "--yes"}, "another-secret\n");
  EXPECT_THROW(database.read([](store::Tx& tx) { store::users::list(tx); }), Failure);
  EXPECT_THROW(database.connect(), Failure);
  auto shown = json({"user", "show", "olga@example.com"});
  EXPECT_EQ(shown["password"], "set");
  EXPECT_EQ(shown["code_until"], nullptr);
  connected("olga@example.com", "another-secret\n").read([](store::Tx& tx) { store::users::list(tx); });
  auto code = json({"user", "reset", "olga@example.com", "--yes"})["code"].get<std::string>();
  good({"user", "reset", "olga@example.com", "--password-stdin", "--yes"}, "a-third-secret\n");
  EXPECT_THROW(connected("olga@example.com", code + "\n").connect(), Failure) << "the code is void";
  bad(5, "nobody resets himself", {"user", "reset", admin, "--password-stdin", "--yes"}, "another-secret\n");
  bad(2, "can't be used together", {"user", "reset", admin, "--password-stdin", "--code-hours", "3"});
  bad(2, "no terminal", {"user", "reset", "olga@example.com", "--password", "--yes"});
}

TEST_F(People, nobody_removes_himself_nor_the_last_administrator) {
  bad(5, "nobody removes himself", {"user", "remove", admin, "--yes"});
  bad(5, "last administrator", {"user", "set", admin, "--role", "viewer"});
  bad(5, "nobody resets himself", {"user", "reset", admin, "--yes"});
  add("frank@example.com", "admin");
  good({"user", "set", admin, "--role", "viewer"});
  bad(4, "permission denied", {"user", "set", admin, "--role", "admin"});
  login("frank@example.com");
  good({"user", "set", admin, "--role", "admin"});
  back();
}

TEST_F(People, two_who_remove_each_other_at_the_same_time_leave_one) {
  for (int round = 0; round < 5; ++round) {
    add("gina@example.com", "admin");
    add("hugo@example.com", "admin");
    auto remove = [](const std::string& who, const std::string& whom) {
      try {
        connected(who, password_of(who)).write([&](store::Tx& tx) { store::users::remove(tx, whom); });
        return true;
      } catch (const Failure&) {
        return false;
      }
    };
    bool one = false;
    std::thread other([&] { one = remove("gina@example.com", "hugo@example.com"); });
    bool two = remove("hugo@example.com", "gina@example.com");
    other.join();
    EXPECT_NE(one, two) << "round " << round;
    SetUp();
  }
}

TEST_F(People, each_rule_for_passwords_says_what_it_is) {
  auto refused = [](const std::string& part, const std::string& password) {
    bad(2, part, {"user", "add", "ivan@example.com", "--password-stdin"}, password + "\n");
  };
  refused("at least 12", "eleven-char");
  refused("mail address", "ivan@example.com!");
  refused("repeats", "abcabcabcabc");
  refused("standard input", "");
  auto japanese = certfleet({"user", "add", "ivan@example.com", "--password-stdin"}, "short\n", "ja_JP.UTF-8");
  EXPECT_NE(japanese.err.find("12 文字以上"), std::string::npos) << japanese.err;
  bad(2, "is no mail address", {"user", "add", "ivan", "--code"});
  bad(2, "63 are allowed", {"user", "add", std::string(52, 'i') + "@example.com", "--code"});
  good({"user", "add", std::string(51, 'i') + "@example.com", "--code"});
  bad(5, "exists already", {"user", "add", std::string(51, 'i') + "@example.com", "--code"});
}

TEST_F(People, passwd_asks_for_the_old_one_and_keeps_what_logs_in_by_itself_working) {
  bad(4, "authentication failed", {"passwd", "--password-stdin"}, "not-the-password\nsecond-secret\n");
  bad(2, "the same", {"passwd", "--password-stdin"}, first + "\n" + first + "\n");
  good({"passwd", "--password-stdin"}, first + "\nsecond-secret\n");
  EXPECT_EQ(json({"whoami"})["name"], admin);  // its passfile was renewed
  good({"passwd", "--password-stdin"}, "second-secret\n" + first + "\n");
  EXPECT_NE(good({"audit", "--noun", "user", "--name", admin}).find("password_set_at"), std::string::npos);
}

TEST_F(People, a_group_is_made_filled_renamed_and_removed_when_it_is_empty) {
  add("judy@example.com", "viewer");
  good({"group", "add", "mail", "--member", "judy@example.com", "--member", admin});
  good({"group", "set", "mail", "--rename", "post", "--no-member", "judy@example.com"});
  auto group = json({"group", "show", "post"});
  EXPECT_EQ(group["members"], Json::array({admin}));
  EXPECT_EQ(json({"user", "show", "judy@example.com"})["groups"], Json::array({"web"}));
  good({"service", "add", "mx", "--common-name", "mx.example.com", "--group", "post"});
  EXPECT_EQ(json({"group", "show", "post"})["services"], Json::array({"mx"}));
  bad(5, "still in use", {"group", "remove", "post", "--yes"});
  good({"service", "remove", "mx", "--yes"});
  good({"group", "remove", "post", "--yes"});
  bad(3, "there is no group post", {"group", "show", "post"});
  bad(3, "did you mean judy@example.com", {"group", "set", "web", "--member", "jody@example.com"});
}

TEST_F(People, an_administrator_outside_a_group_meets_nothing_of_it) {
  good({"service", "add", "shop", "--common-name", "shop.example.com"});
  good({"group", "add", "other"});
  add("kate@example.com", "admin", "other");
  login("kate@example.com");
  EXPECT_TRUE(json({"service", "list"}).empty());
  bad(3, "there is no service shop", {"service", "show", "shop"});
  bad(3, "there is no service shop", {"service", "remove", "shop", "--yes"});
  bad(3, "there is no service shop", {"order", "start", "shop", "--now"});
  bad(3, "there is no service shop", {"log", "--service", "shop"});
  bad(5, "shop exists already", {"service", "add", "shop", "--common-name", "a.example.com", "--group", "other"});
  bad(4, "only an administrator in its group",
      {"service", "add", "mine", "--common-name", "a.example.com", "--group", "web"});
  EXPECT_EQ(good({"audit"}).find("shop"), std::string::npos);
  good({"service", "add", "mine", "--common-name", "a.example.com", "--group", "other"});
  EXPECT_NE(good({"audit"}).find("kate@example.com service mine added"), std::string::npos);
  back();
  EXPECT_EQ(json({"service", "list"}).size(), 2U);  // who made the group is in it
}

TEST_F(People, a_role_of_another_installation_on_the_server_is_nobody_here) {
  sql("installation", "CREATE ROLE \"else@example.com\" LOGIN PASSWORD 'else-password' IN ROLE certfleet_admin");
  bad(4, "not a user of this installation", {"login", "else@example.com", "--password-stdin"}, "else-password\n");
  write_file(*home_ / "else.pgpass", store::dsn::passfile_line("else@example.com", "else-password"), 0600);
  auto dsn = store::dsn::for_user(postgres_->env("PG_TCP_DSN") + " dbname=installation", "else@example.com",
                                  *home_ / "else.pgpass");
  write_file(*home_ / "else.toml", "[database]\ndsn = \"" + dsn + "\"\n", 0600);
  bad(4, "not a user of this installation", {"--config", (*home_ / "else.toml").string(), "site", "list"});
  // Nor can he be taken over by giving him a password here.
  bad(5, "has a role of this name", {"user", "add", "else@example.com", "--password-stdin"}, "other-password\n");
  sql("installation", "DROP ROLE \"else@example.com\"");
}

TEST_F(People, the_audit_log_shows_who_changed_what_from_what) {
  good({"service", "add", "shop", "--common-name", "shop.example.com"});
  good({"service", "set", "shop", "--enabled", "off"});
  auto text = good({"audit", "--noun", "service", "--name", "shop", "--who", admin});
  EXPECT_NE(text.find("admin@example.com service shop added"), std::string::npos) << text;
  EXPECT_NE(text.find("    enabled: true -> false\n"), std::string::npos) << text;
  EXPECT_EQ(good({"audit", "--who", "somebody@example.com"}), "");
  EXPECT_EQ(good({"audit", "--since", "2099-01-01 00:00"}), "");
  auto line = Json::parse(good({"audit", "--noun", "service", "--limit", "1", "--json"}));
  EXPECT_EQ(line["action"], "changed");
  EXPECT_EQ(line["changes"][0]["field"], "enabled");
  EXPECT_EQ(line["changes"][0]["before"], "true");
  auto japanese = certfleet({"audit", "--noun", "service", "--limit", "1"}, "", "ja_JP.UTF-8").out;
  EXPECT_NE(japanese.find("変更"), std::string::npos) << japanese;
  add("lisa@example.com", "viewer");
  login("lisa@example.com");
  bad(4, "permission denied for table audit", {"audit"});
  back();
}

TEST_F(People, failed_logins_are_shown_to_administrators) {
  add("mary@example.com", "viewer");
  use_config(config() / "client.toml");
  bad(4, "authentication failed", {"login", "mary@example.com", "--password-stdin"}, "guessed-secret\n");
  use_config(config() / "certfleet.toml");
  EXPECT_TRUE(certfleet::testing::eventually(std::chrono::seconds(10), [] {
    return good({"audit", "--logins", "--who", "mary@example.com", "--json"}).find("127.0.0.1") != std::string::npos;
  }));
  login("mary@example.com");
  bad(4, "permission denied", {"audit", "--logins"});
  back();
}

}  // namespace
}  // namespace certfleet::cli
