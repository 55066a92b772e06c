// Whoever edits what somebody else has changed since he looked is told, for every noun alike.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/integration/cli/house.h"

namespace certfleet::cli {
namespace {

using Json = nlohmann::json;

class Revisions : public House {
 protected:
  static int seen(const std::string& noun, const std::string& name) {
    return Json::parse(good({noun, "show", name, "--json"}))["revision"].get<int>();
  }
  // A change by each of two who looked at the same time: the later one is refused with exit code 5.
  static void check(const std::string& noun, const std::string& name, std::vector<std::string> change) {
    auto revision = std::to_string(seen(noun, name));
    std::vector<std::string> words = {noun, "set", name, "--if-revision", revision};
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

}  // namespace
}  // namespace certfleet::cli
