// Whoever edits what somebody else has changed since he looked is told, for every noun alike.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "tests/integration/cli/house.h"

namespace certfleet::cli {
namespace {

using Json = nlohmann::json;

class Revisions : public House {
 protected:
  static int seen(const std::string& noun, const std::string& name) {
    std::vector<std::string> words = {noun, "show", name, "--json"};
    std::erase(words, "");
    return Json::parse(good(words))["revision"].get<int>();
  }
  // A change by each of two who looked at the same time: the later one is refused with exit code 5.
  static void check(const std::string& noun, const std::string& name, std::vector<std::string> change) {
    auto revision = std::to_string(seen(noun, name));
    std::vector<std::string> words = {noun, "set", name, "--if-revision", revision};
    std::erase(words, "");
    words.insert(words.end(), change.begin(), change.end());
    good(words);
    bad(5, "changed by somebody else", words);
  }
};

TEST_F(Revisions, the_later_of_two_who_edit_the_same_is_told) {
  good({"site", "add", "osaka"});
  good({"access", "add", "web1", "--address", "192.0.2.10", "--login", "deploy", "--password-stdin", "--host-key",
        "SHA256:" + std::string(43, 'A')},
       "swordfish\n");
  good({"service", "add", "shop", "--common-name", "shop.example.com"});
  good({"node", "add", "web1", "--service", "shop", "--access", "web1", "--no-verify", "--site", "osaka", "--cert-file",
        "/etc/a.crt", "--key-file", "/etc/a.key", "--work-dir", "/var/lib/a"});
  check("service", "shop", {"--enabled", "off"});
  check("node", "web1", {"--enabled", "off"});
  check("access", "web1", {"--port", "2222"});
  good({"notification", "add", "ops", "--to", "ops@example.com"});
  check("group", "web", {"--notification", "ops"});
  auto revision = std::to_string(seen("node", "web1"));
  good({"node", "set", "web1", "--enabled", "on"});
  bad(5, "changed by somebody else", {"node", "remove", "web1", "--if-revision", revision, "--yes"});
  good({"node", "remove", "web1", "--yes"});
  good({"access", "remove", "web1", "--yes"});
}

TEST_F(Revisions, company_users_and_batch_runs_have_one_too) {
  check("company", "", {"--name", "Example Inc."});
  good({"user", "add", "ann@example.com", "--group", "web", "--code"});
  check("user", "ann@example.com", {"--contact", "ext. 4711"});
  check("schedule", "orders", {"--days", "20"});
  auto revision = std::to_string(seen("schedule", "orders"));
  good({"schedule", "enable", "orders", "--if-revision", revision});
  bad(5, "changed by somebody else", {"schedule", "disable", "orders", "--if-revision", revision});
  sql("installation", "UPDATE certfleet.schedule SET due_at = now(), after_id = 7, ran_at = now()");
  sql("installation", "UPDATE certfleet.app_user SET password_set_at = now(), code_expires_at = NULL");
  EXPECT_EQ(seen("schedule", "orders"), std::stoi(revision) + 1) << "a run is no change";
  EXPECT_EQ(sql("installation", "SELECT count(*) FROM certfleet.audit WHERE table_name = 'schedule'"
                                " AND (after ? 'revision' OR after ? 'id')"), "0");
}

TEST_F(Revisions, what_was_changed_meanwhile_is_not_removed) {
  good({"site", "add", "nagoya"});
  good({"group", "add", "post"});
  good({"user", "add", "bob@example.com", "--code"});
  auto check_removal = [](const std::string& noun, const std::string& name, std::vector<std::string> change,
                          const std::string& renamed) {
    auto revision = std::to_string(seen(noun, name));
    change.insert(change.begin(), {noun, "set", name});
    good(change);
    bad(5, "changed by somebody else", {noun, "remove", renamed, "--if-revision", revision, "--yes"});
    good({noun, "remove", renamed, "--if-revision", std::to_string(seen(noun, renamed)), "--yes"});
  };
  check_removal("site", "nagoya", {"--rename", "nagoya-1"}, "nagoya-1");
  check_removal("group", "post", {"--rename", "mail"}, "mail");
  check_removal("user", "bob@example.com", {"--contact", "ext. 1"}, "bob@example.com");
}

// Each names what he changes: what the other one changes stays.
TEST_F(Revisions, two_who_change_different_things_of_a_user_lose_nothing) {
  good({"user", "add", "eve@example.com", "--code"});
  for (int round = 0; round < 5; ++round) {
    auto contact = "ext. " + std::to_string(round);
    std::string role = round % 2 == 0 ? "admin" : "viewer";
    std::thread other([&] { good({"user", "set", "eve@example.com", "--contact", contact}); });
    good({"user", "set", "eve@example.com", "--role", role});
    other.join();
    EXPECT_EQ(sql("installation", "SELECT role || ' ' || contact FROM certfleet.app_user"
                                  " WHERE name = 'eve@example.com'"), role + " " + contact);
  }
}

}  // namespace
}  // namespace certfleet::cli
