// CA accounts, organisations, applicants and services by the real command (manual chapters 7 and 8).
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "lib/base/file.h"
#include "lib/pki/text.h"
#include "tests/integration/cli/house.h"

namespace certfleet::cli {
namespace {

using Json = nlohmann::json;

class InventoryCommand : public House {
 protected:
  void SetUp() override {
    sql("installation",
        "DELETE FROM certfleet.service; DELETE FROM certfleet.ca_account; DELETE FROM certfleet.organization;"
        "DELETE FROM certfleet.applicant; DELETE FROM certfleet.ev_approver; DELETE FROM certfleet.job");
  }

  static Json json(std::vector<std::string> words) {
    words.emplace_back("--json");
    return Json::parse(good(std::move(words)));
  }
  static void add_service(const std::string& name, std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"service", "add", name, "--common-name", name + ".example.com"};
    words.insert(words.end(), more.begin(), more.end());
    good(words);
  }
  static void add_digicert() {
    good({"ca-account", "add", "digicert", "--kind", "digicert", "--api-key-stdin"}, "TOPSECRETKEY\n");
    good({"organization", "add", "Example K.K.", "--number", "123456", "--note", "本社"});
  }
};

TEST_F(InventoryCommand, a_digicert_account_hides_its_key) {
  add_digicert();
  auto shown = json({"ca-account", "show", "digicert"});
  EXPECT_EQ(shown["kind"], "digicert");
  EXPECT_EQ(shown["api_url"], "https://www.digicert.com/services/v2");
  EXPECT_EQ(shown["api_key_set"], true);
  EXPECT_EQ(shown["revision"], 1);
  EXPECT_FALSE(shown.contains("directory"));
  auto dump = certfleet::testing::run(
      {postgres_->env("PG_BIN") + "/pg_dump", "-d", postgres_->env("PG_DSN") + " dbname=installation"});
  ASSERT_NE(dump.out.find("services/v2"), std::string::npos);
  for (const auto& form :
       {std::string("TOPSECRETKEY"), pki::to_hex("TOPSECRETKEY"), pki::base64("TOPSECRETKEY")})
    EXPECT_EQ(dump.out.find(form), std::string::npos) << form;
}

TEST_F(InventoryCommand, an_api_key_comes_by_input_or_file_and_is_judged_first) {
  bad(2, "there is no terminal", {"ca-account", "add", "x", "--kind", "digicert"});
  bad(2, "API key: has a blank", {"ca-account", "add", "x", "--kind", "digicert", "--api-key-stdin"}, "two words\n");
  bad(2, "API key: has 513 bytes, 512 are allowed", {"ca-account", "add", "x", "--kind", "digicert", "--api-key-stdin"},
      std::string(513, 'k') + "\n");
  write_file(*home_ / "key", std::string(512, 'k') + "\n", 0600);
  good({"ca-account", "add", "x", "--kind", "digicert", "--api-key-file", (*home_ / "key").string(), "--api-url",
        "https://beta.example.com/v2"});
  bad(2, "needs its API key again", {"ca-account", "set", "x", "--api-url", "https://other.example.com"});
  good({"ca-account", "set", "x", "--api-url", "https://other.example.com", "--api-key-stdin"}, "newkey\n");
  EXPECT_EQ(json({"ca-account", "show", "x"})["api_url"], "https://other.example.com");
  EXPECT_EQ(json({"ca-account", "list"})[0]["api_url"], "https://other.example.com");
}

TEST_F(InventoryCommand, options_of_the_other_kind_of_ca_are_refused) {
  bad(2, "--directory is needed", {"ca-account", "add", "x"});
  bad(2, "--api-key is not for a CA account of kind acme",
      {"ca-account", "add", "x", "--directory", "https://ca.example.com", "--api-key-stdin"}, "k\n");
  bad(2, "--contact is not for a CA account of kind digicert",
      {"ca-account", "add", "x", "--kind", "digicert", "--contact", "a@example.com", "--api-key-stdin"}, "k\n");
  good({"ca-account", "add", "acme", "--directory", "https://ca.example.com/dir", "--contact", "a@example.com"});
  bad(2, "--api-url is not for", {"ca-account", "set", "acme", "--api-url", "https://ca.example.com"});
  good({"ca-account", "set", "acme", "--no-contact", "--rename", "letsencrypt"});
  EXPECT_EQ(json({"ca-account", "show", "letsencrypt"})["contact"], nullptr);
}

TEST_F(InventoryCommand, an_organization_is_added_listed_shown_changed_and_removed) {
  good({"organization", "add", "Example K.K.", "--number", "123456", "--note", "本社"});
  EXPECT_EQ(json({"organization", "list"})[0]["number"], "123456");
  bad(2, "organisation number: \"12a\": needs 1 to 18 digits",
      {"organization", "add", "x", "--number", "12a"});
  bad(5, "exists already", {"organization", "add", "Example K.K.", "--number", "1"});
  bad(3, "did you mean Example K.K.?", {"organization", "show", "Exampel K.K."});
  good({"organization", "set", "Example K.K.", "--rename", "例", "--number", "1", "--note", ""});
  auto shown = json({"organization", "show", "例"});
  EXPECT_EQ(shown["number"], "1");
  EXPECT_EQ(shown["note"], "");
  EXPECT_EQ(shown["revision"], 2);
  good({"organization", "remove", "例", "--yes"});
  EXPECT_TRUE(json({"organization", "list"}).empty());
}

TEST_F(InventoryCommand, an_applicant_is_a_user_id_or_a_person) {
  for (const std::string noun : {"applicant", "ev-approver"}) {
    bad(2, "--user-id is needed, or --person", {noun, "add", "x"});
    bad(2, "--user-id and --person", {noun, "add", "x", "--person", "Taro", "--user-id", "1"});
    bad(2, "phone: is needed", {noun, "add", "x", "--person", "Taro"});
    good({noun, "add", "team", "--person", "山田 太郎", "--title", "部長", "--phone", "+81-3-1234-5678", "--mail",
          "taro@example.com", "--country", "JP", "--postal-code", "100-0001", "--address-1", "千代田区", "--address-2",
          "1-1"});
    auto shown = json({noun, "show", "team"});
    EXPECT_EQ(shown["person"], "山田 太郎");
    EXPECT_EQ(shown["address_2"], "1-1");
    EXPECT_FALSE(shown.contains("user_id"));
    good({noun, "set", "team", "--title", "課長"});
    EXPECT_EQ(json({noun, "show", "team"})["title"], "課長");
    good({noun, "set", "team", "--user-id", "4711"});
    EXPECT_EQ(json({noun, "show", "team"})["user_id"], "4711");
    EXPECT_EQ(json({noun, "list"})[0]["person"], nullptr);
    bad(2, "phone: is needed", {noun, "set", "team", "--person", "Taro"});
    good({noun, "remove", "team", "--yes"});
  }
}

TEST_F(InventoryCommand, order_settings_are_set_shown_and_taken_back) {
  add_digicert();
  good({"applicant", "add", "team", "--user-id", "1"});
  good({"ev-approver", "add", "board", "--user-id", "2"});
  add_service("shop");
  bad(2, "needs a product", {"service", "set", "shop", "--ca-account", "digicert"});
  bad(2, "needs an organization", {"service", "set", "shop", "--ca-account", "digicert", "--product", "11"});
  bad(2, "--product: there is no 4 (0 secure-server-ov", {"service", "set", "shop", "--product", "4"});
  bad(2, "--auto-order on needs --ca-account", {"service", "set", "shop", "--auto-order", "on"});
  good({"service", "set", "shop", "--ca-account", "digicert", "--product", "11", "--ca-organization", "Example K.K.",
        "--licences", "3", "--previous-order", "112233", "--applicant", "team", "--ev-approver", "board", "--csr",
        "stored"});
  auto shown = json({"service", "show", "shop"});
  EXPECT_EQ(shown["auto_order"], true);
  EXPECT_EQ(shown["ca_account"], "digicert");
  EXPECT_EQ(shown["product"], "true-businessid-ev");
  EXPECT_EQ(shown["ca_organization"], "Example K.K.");
  EXPECT_EQ(shown["licences"], 3);
  EXPECT_EQ(shown["previous_order"], "112233");
  EXPECT_EQ(shown["applicant"], "team");
  EXPECT_EQ(shown["ev_approver"], "board");
  EXPECT_EQ(shown["csr"], "stored");
  EXPECT_NE(certfleet({"service", "show", "shop", "--lang", "ja"}).out.find("11: GeoTrust トゥルービジネスID with EV"),
            std::string::npos);
  bad(2, "EV approver: only an EV product has one", {"service", "set", "shop", "--product", "true-businessid"});
  bad(2, "allows no wildcard", {"service", "set", "shop", "--san", "*.example.com"});
  for (const auto& words : {std::vector<std::string>{"ca-account", "remove", "digicert"},
                            {"organization", "remove", "Example K.K."},
                            {"applicant", "remove", "team"},
                            {"ev-approver", "remove", "board"}}) {
    auto with_yes = words;
    with_yes.emplace_back("--yes");
    bad(5, "is still in use by shop", with_yes);
  }
  good({"service", "set", "shop", "--no-applicant", "--no-ev-approver", "--no-previous-order", "--auto-order", "off"});
  shown = json({"service", "show", "shop"});
  EXPECT_EQ(shown["auto_order"], false);
  EXPECT_EQ(shown["applicant"], nullptr);
  EXPECT_EQ(shown["previous_order"], nullptr);
  good({"service", "set", "shop", "--no-ca-account", "--no-product", "--no-ca-organization"});
  EXPECT_EQ(json({"service", "show", "shop"})["ca_account"], nullptr);
}

// Manual 8.4.4 to 8.4.8: what was set is shown, whether the CA asks for it or not.
TEST_F(InventoryCommand, order_settings_that_were_set_beforehand_are_shown) {
  add_digicert();
  good({"applicant", "add", "team", "--user-id", "1"});
  add_service("shop");
  auto plain = json({"service", "show", "shop"});
  for (const auto* key : {"licences", "previous_order", "ca_organization", "applicant", "ev_approver"})
    EXPECT_FALSE(plain.contains(key)) << key;
  good({"service", "set", "shop", "--licences", "3", "--previous-order", "112233", "--ca-organization", "Example K.K.",
        "--applicant", "team"});
  auto shown = json({"service", "show", "shop"});
  EXPECT_EQ(shown["licences"], 3);
  EXPECT_EQ(shown["previous_order"], "112233");
  EXPECT_EQ(shown["ca_organization"], "Example K.K.");
  EXPECT_EQ(shown["applicant"], "team");
  EXPECT_FALSE(shown.contains("ev_approver"));
  good({"service", "set", "shop", "--no-previous-order", "--no-ca-organization", "--no-applicant"});
  EXPECT_EQ(json({"service", "show", "shop"})["licences"], 3);
  EXPECT_FALSE(json({"service", "show", "shop"}).contains("applicant"));
}

TEST_F(InventoryCommand, limits_are_bytes) {
  std::string prefecture;
  for (int i = 0; i < 42; ++i) prefecture += "県";
  add_service("shop", {"--state", prefecture + "ab"});
  bad(2, "state: has 129 bytes, 128 are allowed", {"service", "set", "shop", "--state", prefecture + "abc"});
  bad(2, "organization: only ASCII", {"service", "set", "shop", "--organization", "例"});
  bad(2, "locality: has 129 bytes", {"service", "set", "shop", "--locality", std::string(129, 'x')});
  bad(2, "unit: has 65 bytes", {"service", "set", "shop", "--unit", std::string(65, 'x')});
  bad(2, "--licences", {"service", "set", "shop", "--licences", "10000"});
  bad(2, "service: has 129 bytes, 128 are allowed", {"service", "set", "shop", "--rename", prefecture + "abc"});
}

TEST_F(InventoryCommand, a_name_in_another_script_is_shown_in_both_forms) {
  good({"service", "add", "ショップ", "--common-name", "日本語.example.jp", "--san", "*.日本語.example.jp"});
  auto shown = json({"service", "show", "ショップ"});
  EXPECT_EQ(shown["common_name"], "xn--wgv71a119e.example.jp");
  EXPECT_EQ(shown["common_name_unicode"], "日本語.example.jp");
  EXPECT_EQ(shown["sans"], Json::array({"*.xn--wgv71a119e.example.jp"}));
  EXPECT_EQ(shown["sans_unicode"], Json::array({"*.日本語.example.jp"}));
  EXPECT_EQ(json({"service", "list", "--match", "日本語.example"})[0]["common_name"], "xn--wgv71a119e.example.jp");
  EXPECT_NE(good({"service", "list"}).find("日本語.example.jp"), std::string::npos);
  bad(2, "is not a host name", {"service", "add", "x", "--common-name", "☃.example.jp"});
  add_service("plain");
  EXPECT_FALSE(json({"service", "show", "plain"}).contains("common_name_unicode"));
}

TEST_F(InventoryCommand, a_list_comes_in_pages) {
  for (const auto* name : {"a", "b", "c", "d", "e"}) add_service(name);
  auto first = good({"service", "list", "--limit", "2"});
  EXPECT_NE(first.find("3 more: --after \"b\""), std::string::npos) << first;
  auto last = good({"service", "list", "--limit", "3", "--after", "b"});
  EXPECT_EQ(last.find("more"), std::string::npos) << last;
  EXPECT_NE(certfleet({"service", "list", "--limit", "2"}, "", "ja_JP.UTF-8").out.find("ほかに 3 件"),
            std::string::npos);
  auto one = certfleet({"service", "list", "--reverse", "--limit", "1", "--json"});
  EXPECT_EQ(Json::parse(one.out)[0]["name"], "e");
  EXPECT_EQ(Json::parse(one.err), Json({{"more", 4}, {"after", "e"}}));  // apart from the rows
  EXPECT_EQ(json({"service", "list"}).size(), 5U);
  EXPECT_EQ(json({"service", "list", "--state", "none", "--order", "none", "--enabled", "on", "--group", "web"}).size(),
            5U);
  EXPECT_TRUE(json({"service", "list", "--state", "expired"}).empty());
  bad(3, "no service x", {"service", "list", "--after", "x"});
  bad(2, "ok|expiring|under-90", {"service", "list", "--state", "odd"});
}

TEST_F(InventoryCommand, a_list_is_not_looked_for_through_all_that_others_have) {
  for (const auto* name : {"v", "w", "x"}) add_service(name);
  sql("installation",
      "INSERT INTO certfleet.user_group (name) VALUES ('crowd');"
      "INSERT INTO certfleet.service (name, group_id, common_name) SELECT 'crowd' || i, g.id, 'x.example.com'"
      " FROM generate_series(1, 20000) i, certfleet.user_group g WHERE g.name = 'crowd'");
  sql("installation", "VACUUM ANALYZE certfleet.service");
  auto read = [] {
    return std::stol(sql("installation",
                         "SELECT sum(idx_tup_read) + (SELECT seq_tup_read FROM pg_stat_all_tables"
                         " WHERE relid = 'certfleet.service'::regclass) FROM pg_stat_all_indexes"
                         " WHERE relid = 'certfleet.service'::regclass"));
  };
  auto before = read();
  EXPECT_EQ(json({"service", "list", "--sort", "common-name"}).size(), 3U);
  EXPECT_EQ(json({"service", "list", "--match", "w"}).size(), 1U);
  EXPECT_LT(read() - before, 100);
  sql("installation",
      "DELETE FROM certfleet.service WHERE name LIKE 'crowd%'; DELETE FROM certfleet.user_group WHERE name = 'crowd'");
}

TEST_F(InventoryCommand, the_later_of_two_editors_is_told) {
  add_digicert();
  add_service("shop");
  auto seen = json({"service", "show", "shop"})["revision"].get<int>();
  good({"service", "set", "shop", "--enabled", "off"});
  bad(5, "changed by somebody else",
      {"service", "set", "shop", "--enabled", "on", "--if-revision", std::to_string(seen)});
  bad(5, "changed by somebody else", {"service", "remove", "shop", "--yes", "--if-revision", std::to_string(seen)});
  EXPECT_EQ(json({"service", "show", "shop"})["enabled"], false);
  good({"service", "set", "shop", "--enabled", "on", "--if-revision", std::to_string(seen + 1)});
  bad(5, "revision 7 is now 1", {"ca-account", "set", "digicert", "--rename", "x", "--if-revision", "7"});
  bad(5, "revision 7 is now 1", {"organization", "set", "Example K.K.", "--number", "2", "--if-revision", "7"});
  EXPECT_NE(certfleet({"organization", "remove", "Example K.K.", "--yes", "--if-revision", "7", "--lang", "ja"})
                .err.find("ほかの人が変更しました"),
            std::string::npos);
}

TEST_F(InventoryCommand, settings_and_notification_tables_have_revisions_too) {
  auto seen = [](std::vector<std::string> words) {
    return std::to_string(json(std::move(words))["revision"].get<int>());
  };
  auto settings = seen({"settings", "show"});
  good({"settings", "set", "--language", "en", "--if-revision", settings});
  bad(5, "settings: changed by somebody else", {"settings", "set", "--language", "ja", "--if-revision", settings});
  good({"settings", "set", "--language", "ja"});
  good({"mail", "set", "--from", "a@example.com", "--host", "smtp.example.com"});
  auto mail = seen({"mail", "show"});
  good({"mail", "set", "--port", "25", "--if-revision", mail});
  bad(5, "mail settings: changed by somebody else", {"mail", "set", "--port", "26", "--if-revision", mail});
  bad(5, "mail settings: changed by somebody else", {"mail", "remove", "--yes", "--if-revision", mail});
  good({"mail", "remove", "--yes"});
  bad(3, "", {"mail", "set", "--from", "a@example.com", "--host", "h.example.com", "--if-revision", "1"});
  good({"notification", "add", "n", "--to", "a@example.com"});
  auto table = seen({"notification", "show", "n"});
  good({"notification", "set", "n", "--to", "b@example.com", "--if-revision", table});
  bad(5, "notification table n: changed", {"notification", "set", "n", "--title", "x", "--if-revision", table});
  bad(5, "notification table n: changed", {"notification", "remove", "n", "--yes", "--if-revision", table});
  good({"notification", "remove", "n", "--yes"});
}

TEST_F(InventoryCommand, order_settings_stand_still_while_an_order_is_under_way) {
  good({"ca-account", "add", "ca", "--directory", "https://ca.example.com/dir"});
  add_service("shop", {"--ca-account", "ca", "--key", "rsa-2048"});
  good({"order", "start", "shop", "--now"});
  bad(5, "has an order under way", {"service", "set", "shop", "--licences", "2"});
  bad(5, "has an order under way", {"service", "set", "shop", "--key", "rsa-4096"});
  good({"service", "set", "shop", "--enabled", "off"});
}

TEST_F(InventoryCommand, every_verb_has_help_with_an_example_in_both_languages) {
  for (const std::string noun : {"ca-account", "organization", "applicant", "ev-approver", "service"})
    for (const std::string verb : {"add", "list", "show", "set", "remove"})
      for (const auto& [lang, heading] : {std::pair{"en", "Example:"}, std::pair{"ja", "例:"}}) {
        auto help = good({noun, verb, "--help", "--lang", lang});
        EXPECT_NE(help.find(heading), std::string::npos) << noun << " " << verb;
        EXPECT_NE(help.find("\n  certfleet " + noun + " " + verb), std::string::npos) << noun << " " << verb;
      }
}

}  // namespace
}  // namespace certfleet::cli
