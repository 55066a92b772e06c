// What the command shows of the whole: dashboard, status, version, log.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "lib/base/file.h"
#include "tests/integration/cli/house.h"

namespace certfleet::cli {
namespace {

using Json = nlohmann::json;

class Views : public House {
 protected:
  void SetUp() override {
    on("DELETE FROM certfleet.service; DELETE FROM certfleet.access; DELETE FROM certfleet.ca_account;"
       "DELETE FROM certfleet.trace; DELETE FROM certfleet.session; DELETE FROM certfleet.daemon;"
       "DELETE FROM certfleet.job");
  }
  static std::string on(const std::string& statement) { return sql("installation", statement); }
  static Json json(std::vector<std::string> words) {
    words.emplace_back("--json");
    return Json::parse(good(std::move(words)));
  }
  static void add_service(const std::string& name, const std::string& left = "", bool enabled = true) {
    on("INSERT INTO certfleet.service (name, group_id, common_name, enabled) SELECT '" + name +
       "', min(id), 'www.example.com', " + (enabled ? "true" : "false") + " FROM certfleet.user_group");
    if (left.empty()) return;
    on("INSERT INTO certfleet.certificate (service_id, slot, serial, sha256, common_name, not_before, not_after,"
       " leaf_pem, chain_pem) SELECT max(id), 1, '01', 'x', 'x', now(), now() + interval '" +
       left + "', '', '' FROM certfleet.service");
  }
  static void add_node(const std::string& service, const std::string& name, const std::string& status) {
    on("INSERT INTO certfleet.access (name, address, login_id, login_secret_sealed, host_key)"
       " VALUES ('a', '192.0.2.1', 'r', 'x', 'SHA256:' || repeat('A', 43))"
       " ON CONFLICT DO NOTHING");
    on("INSERT INTO certfleet.node (service_id, site_id, access_id, name, kind, verify_mode, cert_file, key_file,"
       " work_dir, control, apply_status) SELECT s.id, (SELECT min(id) FROM certfleet.site), a.id, '" + name +
       "', 'apache', 'none', '/c', '/k', '/w', 'apachectl', '" + status +
       "' FROM certfleet.service s, certfleet.access a WHERE s.name = '" + service + "'");
  }
  static void add_order(const std::string& service, const std::string& state, const std::string& error = "") {
    on("INSERT INTO certfleet.ca_account (name, kind, directory_url) VALUES ('ca', 'acme', 'https://ca.example.com/d')"
       " ON CONFLICT DO NOTHING");
    bool ended = state == "failed" || state == "issued";
    on("INSERT INTO certfleet.ca_order (service_id, ca_account_id, state, error, ended_at) SELECT s.id, a.id, '" +
       state + "', nullif('" + error + "', ''), " + (ended ? "now()" : "NULL") +
       " FROM certfleet.service s, certfleet.ca_account a WHERE s.name = '" + service + "'");
  }
  static void add_worker(const std::string& queue, const std::string& site = "NULL", bool draining = false) {
    on("INSERT INTO certfleet.session (queue, host, pid, site_id, slots, draining, expires_at) VALUES ('" + queue +
       "', 'host-1', 4711, " + site + ", 4, " + (draining ? "true" : "false") + ", now() + interval '1 hour')");
  }
  static void add_daemon(const std::string& program, bool leads, const std::string& expires = "1 hour") {
    on("INSERT INTO certfleet.daemon (program, host, pid, leads, started_at, expires_at) VALUES ('" + program +
       "', 'host-1', 17, " + (leads ? "true" : "false") + ", now(), now() + interval '" + expires + "')");
  }
  static void add_all_daemons() {
    add_daemon("scheduler", true);
    add_daemon("broker", false);
    for (const auto* queue : {"csr", "order", "apply", "verify", "mail"}) add_worker(queue);
  }
  static int count_of(const Json& board, const std::string& topic) {
    for (const auto& row : board["counts"])
      if (row["topic"] == topic) return row["count"];
    return 0;
  }
};

TEST_F(Views, the_dashboard_counts_each_topic_and_names_the_first) {
  add_service("expired", "-1 hours");
  add_service("d14", "15 days -1 minutes");
  add_service("d15", "15 days 1 minutes");
  add_service("d30", "30 days 1 minutes");
  add_service("d60", "60 days 1 minutes");
  add_service("d90", "90 days 1 minutes");
  add_service("off", "-1 hours", false);
  for (int i = 1; i <= 7; ++i) add_service("soon" + std::to_string(i), std::to_string(i) + " days");
  add_order("d14", "issued");
  add_order("d14", "failed", "no such domain");
  add_order("d15", "failed");
  add_order("d15", "issued");
  add_order("d30", "scheduled");
  add_order("d60", "placed");
  add_order("off", "failed");
  add_node("d90", "n1", "failed");
  add_node("d90", "n2", "rolled_back");
  add_node("d90", "n3", "applied");
  add_node("d90", "n4", "scheduled");
  add_node("d90", "n5", "started");
  add_node("off", "n6", "failed");
  auto board = json({"dashboard"});
  EXPECT_EQ(board["company"], "Example K.K.");
  EXPECT_EQ(board["user"], "admin@example.com");
  EXPECT_EQ(count_of(board, "expired"), 1);
  EXPECT_EQ(count_of(board, "under_15"), 8);
  EXPECT_EQ(count_of(board, "under_30"), 1);
  EXPECT_EQ(count_of(board, "under_60"), 1);
  EXPECT_EQ(count_of(board, "under_90"), 1);
  EXPECT_EQ(count_of(board, "order_failed"), 1) << "the newest order counts";
  EXPECT_EQ(count_of(board, "order_scheduled"), 1);
  EXPECT_EQ(count_of(board, "order_under_way"), 1);
  EXPECT_EQ(count_of(board, "apply_failed"), 2);
  EXPECT_EQ(count_of(board, "apply_scheduled"), 1);
  EXPECT_EQ(count_of(board, "apply_under_way"), 1);
  ASSERT_EQ(board["errors"].size(), 2U);
  EXPECT_EQ(board["errors"][0]["subject"], "expired");
  EXPECT_EQ(board["errors"][1]["subject"], "d14");
  ASSERT_EQ(board["warnings"].size(), 5U + 3U + 2U);
  EXPECT_EQ(board["warnings"][0]["subject"], "soon1") << "the soonest first";
  EXPECT_EQ(board["warnings"][9]["subject"], "d90:n2");
  EXPECT_EQ(board["information"].size(), 4U);
  EXPECT_EQ(json({"dashboard", "--limit", "1"})["warnings"].size(), 5U);
  auto shown = good({"dashboard"});
  EXPECT_NE(shown.find("no such domain"), std::string::npos);
  EXPECT_NE(shown.find("certfleet service list --state expired"), std::string::npos);
  bad(2, "1 to 1000", {"dashboard", "--limit", "0"});
  bad(2, "1 to 1000", {"dashboard", "--limit", "1001"});
}

TEST_F(Views, an_order_that_met_an_error_is_one_of_the_errors_until_it_goes_on) {
  add_service("shop");
  add_service("post", "200 days");
  add_service("mail", "10 days");
  add_order("shop", "scheduled", "no key spec");
  add_order("post", "placed", "the CA is away");
  add_order("mail", "scheduled");
  auto board = json({"dashboard"});
  EXPECT_EQ(count_of(board, "order_failed"), 2);
  EXPECT_EQ(count_of(board, "order_scheduled"), 1);
  EXPECT_EQ(count_of(board, "order_under_way"), 0);
  ASSERT_EQ(board["errors"].size(), 2U);
  EXPECT_EQ(board["errors"][1]["subject"], "post");
  auto shown = good({"dashboard"});
  EXPECT_NE(shown.find("scheduled (error): no key spec"), std::string::npos) << shown;
  EXPECT_NE(good({"service", "list"}).find("placed (error)"), std::string::npos);
  EXPECT_NE(good({"service", "show", "shop"}).find("scheduled (error)"), std::string::npos);
  EXPECT_NE(good({"order", "list"}).find("scheduled (error)"), std::string::npos);
  EXPECT_EQ(json({"service", "list", "--order-error", "on"}).size(), 2U);
  EXPECT_EQ(json({"service", "list", "--order", "scheduled", "--order-error", "off"})[0]["name"], "mail");
  on("UPDATE certfleet.ca_order SET error = NULL");
  board = json({"dashboard"});
  EXPECT_EQ(count_of(board, "order_failed"), 0);
  EXPECT_EQ(count_of(board, "order_scheduled"), 2);
  EXPECT_EQ(count_of(board, "order_under_way"), 1);
}

// Manual 6.1: each item leads to its list.
TEST_F(Views, the_command_beside_a_count_lists_what_was_counted) {
  int day = 0;
  for (const auto* name : {"past", "d1", "d20", "d40", "d70", "fine"}) {
    constexpr std::array left = {-1, 1, 20, 40, 70, 200};
    for (bool enabled : {true, false})
      add_service(name + std::string(enabled ? "" : "-off"), std::to_string(left.at(day)) + " days", enabled);
    ++day;
  }
  for (const std::string off : {"", "-off"}) {
    add_order("past" + off, "failed");
    add_order("d1" + off, "scheduled");
    add_order("d20" + off, "scheduled", "no key spec");
    add_order("d40" + off, "started");
    add_order("d70" + off, "placed");
    add_order("fine" + off, "placed", "the CA is away");
    for (const auto* status : {"none", "failed", "rolled_back", "scheduled", "started", "applied"})
      for (const std::string node : {"-a", "-b"}) add_node("fine" + off, status + node + off, status);
  }
  on("UPDATE certfleet.node SET enabled = false WHERE name LIKE '%-b%'");
  auto board = json({"dashboard"});
  EXPECT_EQ(board["counts"].size(), 11U) << "each topic has something";
  for (const auto& row : board["counts"]) {
    std::istringstream see(row["see"].get<std::string>());
    std::vector<std::string> words;
    for (std::string word; see >> word;) words.push_back(word);
    words.erase(words.begin());
    EXPECT_EQ(json(words).size(), row["count"].get<std::size_t>()) << row["see"];
  }
  EXPECT_EQ(json({"order", "list", "--state", "started", "--state", "placed"}).size(), 6U);
  EXPECT_EQ(json({"order", "list", "--state", "failed", "--service", "past"}).size(), 1U);
  EXPECT_EQ(json({"node", "list", "--service-enabled", "off"}).size(), 12U);
  bad(2, "scheduled|started|placed", {"order", "list", "--state", "lost"});
}

// Manual 7.1 and 7.2.2, as a terminal shows it.
TEST_F(Views, rows_have_the_colour_of_their_certificate_and_disabled_ones_have_none) {
  constexpr const char* red = "\x1b[31m";
  constexpr const char* yellow = "\x1b[33m";
  add_service("expired", "-1 days");
  add_service("soon", "10 days");
  add_service("off", "-1 days", false);
  add_order("soon", "failed", "no such domain");
  add_order("off", "failed", "no such domain");
  auto on_terminal = [](const std::string& words) {
    auto command = CERTFLEET_BIN "/certfleet --lang en --config " + config_file_.string() + " " + words;
    certfleet::testing::ProcessOptions options;
    options.env = {{"TERM", "xterm"}, {"HOME", home_->path().string()}};
    auto ran = certfleet::testing::run({"script", "-qec", command, "/dev/null"}, std::move(options));
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    return ran.out;
  };
  auto lines = [&](const std::string& words) {
    std::map<std::string, std::string> found;
    std::istringstream all(on_terminal(words));
    for (std::string line; std::getline(all, line);)
      for (const std::string name : {"expired", "soon", "off"})
        if (auto at = line.find(name); at != std::string::npos && at < 10) found.emplace(name, line);
    return found;
  };
  auto list = lines("service list");
  ASSERT_EQ(list.size(), 3U);
  EXPECT_TRUE(list["expired"].starts_with(red)) << list["expired"];
  EXPECT_TRUE(list["soon"].starts_with(yellow)) << list["soon"];
  EXPECT_NE(list["soon"].find(std::string(red) + "failed"), std::string::npos) << "the graver one shows";
  EXPECT_EQ(list["off"].find('\x1b'), std::string::npos) << list["off"];
  on("DELETE FROM certfleet.certificate");
  on("UPDATE certfleet.service SET not_after = now() - interval '1 day'");
  auto shown = [&](const std::string& name) { return on_terminal("service show " + name); };
  EXPECT_NE(shown("expired").find(std::string(red) + "expired"), std::string::npos) << shown("expired");
  auto off = shown("off");
  EXPECT_EQ(off.find(std::string(red) + "expired"), std::string::npos) << off;
  EXPECT_EQ(off.find(std::string(red) + "failed"), std::string::npos) << off;
  EXPECT_NE(off.find("expired"), std::string::npos);
}

TEST_F(Views, a_renewed_certificate_is_no_warning_any_more) {
  add_service("shop", "5 days");
  on("INSERT INTO certfleet.certificate (service_id, slot, serial, sha256, common_name, not_before, not_after,"
     " leaf_pem, chain_pem) SELECT id, 2, '02', 'y', 'x', now(), now() + interval '200 days', '', ''"
     " FROM certfleet.service");
  EXPECT_TRUE(json({"dashboard"})["counts"].empty());
  EXPECT_NE(good({"dashboard"}).find("Nothing to report"), std::string::npos);
}

TEST_F(Views, status_is_well_only_with_a_leader_and_a_worker_of_each_queue) {
  auto nobody = certfleet({"status"});
  EXPECT_EQ(nobody.exit_code, 1);
  EXPECT_NE(nobody.out.find("no scheduler runs"), std::string::npos);
  EXPECT_NE(nobody.out.find("no worker of the queue mail runs"), std::string::npos);
  EXPECT_NE(nobody.err.find("can't do its work: no scheduler runs, and 5 more"), std::string::npos) << nobody.err;
  add_all_daemons();
  auto well = json({"status"});
  EXPECT_EQ(well["works"], true);
  EXPECT_TRUE(well["missing"].empty());
  EXPECT_EQ(well["queues"].size(), 5U);
  EXPECT_EQ(well["daemons"][0]["program"], "scheduler");
  EXPECT_EQ(well["daemons"][0]["leads"], true);
  EXPECT_EQ(well["daemons"][0]["host"], "host-1");
  EXPECT_EQ(well["sessions"].size(), 5U);
  on("UPDATE certfleet.daemon SET leads = false");
  auto unled = certfleet({"status"});
  EXPECT_EQ(unled.exit_code, 1);
  EXPECT_NE(unled.err.find("no scheduler leads"), std::string::npos);
}

TEST_F(Views, without_a_broker_status_warns_and_the_system_still_works) {
  add_all_daemons();
  on("DELETE FROM certfleet.daemon WHERE program = 'broker'");
  auto ran = certfleet({"status"});
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_NE(ran.out.find("no broker runs"), std::string::npos);
}

TEST_F(Views, a_daemon_that_is_silent_is_gone_and_a_worker_that_drains_takes_nothing) {
  add_all_daemons();
  on("UPDATE certfleet.daemon SET expires_at = now() - interval '1 second' WHERE program = 'scheduler'");
  EXPECT_NE(certfleet({"status"}).err.find("no scheduler runs"), std::string::npos);
  on("UPDATE certfleet.daemon SET expires_at = now() + interval '1 hour'");
  on("UPDATE certfleet.session SET draining = true WHERE queue = 'mail'");
  auto draining = certfleet({"status"});
  EXPECT_EQ(draining.exit_code, 1);
  EXPECT_NE(draining.err.find("no worker of the queue mail runs"), std::string::npos) << draining.err;
  on("UPDATE certfleet.session SET draining = false, expires_at = now() - interval '1 second' WHERE queue = 'mail'");
  EXPECT_EQ(certfleet({"status"}).exit_code, 1);
}

TEST_F(Views, a_site_with_nodes_needs_workers_that_serve_it) {
  add_all_daemons();
  add_service("shop");
  add_node("shop", "web1", "none");
  on("INSERT INTO certfleet.site (name) VALUES ('osaka') ON CONFLICT DO NOTHING;"
     "UPDATE certfleet.session SET site_id = (SELECT id FROM certfleet.site WHERE name = 'osaka')"
     " WHERE queue = 'apply'");
  auto ran = certfleet({"status"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_NE(ran.err.find("no worker of the queue apply runs for the site tokyo"), std::string::npos) << ran.err;
  on("UPDATE certfleet.session SET site_id = (SELECT id FROM certfleet.site WHERE name = 'tokyo')"
     " WHERE queue = 'apply'");
  EXPECT_EQ(certfleet({"status"}).exit_code, 0);
}

TEST_F(Views, status_names_what_runs) {
  add_all_daemons();
  add_service("shop");
  on("INSERT INTO certfleet.job (queue, admitted, priority, attempts_max, kind, time_limit, started_at, session_id,"
     " service_id, request_no) SELECT 'mail', true, 0, 1, 'mail.send', '60 s', now(), s.id, v.id, 7"
     " FROM certfleet.session s, certfleet.service v WHERE s.queue = 'mail'");
  auto status = json({"status"});
  ASSERT_EQ(status["jobs"].size(), 1U);
  EXPECT_EQ(status["jobs"][0]["kind"], "mail.send");
  EXPECT_EQ(status["jobs"][0]["service"], "shop");
  EXPECT_EQ(status["jobs"][0]["request_no"], 7);
  EXPECT_EQ(status["jobs"][0]["pid"], 4711);
}

TEST_F(Views, version_tells_the_product_both_schemas_and_the_server) {
  auto version = json({"version"});
  EXPECT_EQ(version["version"], CERTFLEET_VERSION);
  EXPECT_EQ(version["schema"], version["database_schema"]);
  EXPECT_EQ(version["server"].get<std::string>().substr(0, 11), "PostgreSQL ");
  auto alone = Json::parse(good({"--config", "/no/such/file", "version", "--json"}));
  EXPECT_EQ(alone["version"], CERTFLEET_VERSION);
  EXPECT_EQ(alone["server"], nullptr);
}

class Logs : public Views {
 protected:
  void SetUp() override {
    Views::SetUp();
    add_service("shop");
    add_node("shop", "web1", "none");
    on("INSERT INTO certfleet.trace (at, level, module, code, request_no, args, service_id, node_id)"
       " SELECT '2026-12-01 00:00+00'::timestamptz + make_interval(secs => i),"
       " (CASE i % 3 WHEN 0 THEN 'E' WHEN 1 THEN 'W' ELSE 'I' END)::\"char\", 'apply', 1811 + i % 2, i, '{x}',"
       " CASE WHEN i > 5 THEN s.id END, CASE WHEN i > 8 THEN n.id END"
       " FROM generate_series(1, 10) i, certfleet.service s, certfleet.node n");
  }
  // The request numbers, in the order of the lines.
  static std::string requests(std::vector<std::string> words) {
    words.insert(words.begin(), "log");
    words.emplace_back("--json");
    std::string numbers;
    std::istringstream lines(good(std::move(words)));
    for (std::string line; std::getline(lines, line);)
      numbers += (numbers.empty() ? "" : " ") + std::to_string(Json::parse(line)["request_no"].get<int>());
    return numbers;
  }
};

TEST_F(Logs, all_of_one_service_one_node_by_level_id_and_request) {
  EXPECT_EQ(requests({}), "1 2 3 4 5 6 7 8 9 10");
  EXPECT_EQ(requests({"--service", "shop"}), "6 7 8 9 10");
  EXPECT_EQ(requests({"--node", "web1"}), "9 10");
  EXPECT_EQ(requests({"--level", "error"}), "3 6 9");
  EXPECT_EQ(requests({"--level", "warning"}), "1 3 4 6 7 9 10");
  EXPECT_EQ(requests({"--id", "1812"}), "1 3 5 7 9");
  EXPECT_EQ(requests({"--request", "4"}), "4");
  EXPECT_EQ(requests({"--service", "shop", "--level", "error", "--id", "1811"}), "6");
  bad(3, "did you mean shop?", {"log", "--service", "shup"});
  bad(2, "1 to 99999", {"log", "--request", "100000"});
  bad(2, "0 to 9999", {"log", "--id", "10000"});
}

TEST_F(Logs, from_one_time_to_another) {
  EXPECT_EQ(requests({"--since", "2026-12-01 09:00:03", "--until", "2026-12-01 09:00:06"}), "3 4 5");
  EXPECT_EQ(requests({"--since", "2026-12-01T00:00:09Z"}), "9 10");
  bad(2, "--until is not after --since", {"log", "--since", "2026-12-01 09:00:03", "--until", "2026-12-01 09:00:03"});
  bad(2, "not a time", {"log", "--since", "soon"});
}

TEST_F(Logs, the_newest_and_then_page_by_page) {
  EXPECT_EQ(requests({"--limit", "4"}), "7 8 9 10");
  auto oldest = [](const std::string& out) { return Json::parse(out.substr(0, out.find('\n')))["id"].get<long>(); };
  auto id = oldest(good({"log", "--limit", "4", "--json"}));
  EXPECT_EQ(requests({"--limit", "4", "--before", std::to_string(id)}), "3 4 5 6");
  bad(2, "--limit", {"log", "--limit", "0"});
  bad(2, "--limit", {"log", "--limit", "100001"});
  bad(2, "no number", {"log", "--before", "x"});
  bad(2, "no number", {"log", "--before", "0"});
  bad(2, "can't be used together", {"log", "--follow", "--until", "2026-12-01 09:00"});
}

TEST_F(Logs, into_a_file_that_is_not_written_over_unasked) {
  auto file = (*home_ / "shop.log").string();
  ::unlink(file.c_str());
  EXPECT_EQ(good({"log", "--service", "shop", "--output", file}), "5 lines saved in " + file + "\n");
  auto text = read_file(file);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5);
  EXPECT_TRUE(text.starts_with("2026-12-01 09:00:06 apply <E1811> 00006 ")) << text;
  struct stat info {};
  ::stat(file.c_str(), &info);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  bad(5, "exists already", {"log", "--output", file});
  EXPECT_EQ(read_file(file), text);
  EXPECT_EQ(json({"log", "--node", "web1", "--output", file, "--yes"})["lines"], 2);
  bad(2, "can't be written", {"log", "--output", "/no/such/folder/x.log"});
}

TEST_F(Logs, nothing_found_is_said_beside_the_output) {
  on("DELETE FROM certfleet.trace");
  auto ran = certfleet({"log", "--service", "shop"});
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err, "there is no log\n");
}

}  // namespace
}  // namespace certfleet::cli
