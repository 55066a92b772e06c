// The batch runs under two schedulers of which one is killed at the worst moment.
#include <gtest/gtest.h>

#include "tests/faults/house.h"
#include "tests/support/eventually.h"

namespace certfleet::faults {
namespace {

using namespace std::chrono_literals;
using testing::eventually;

constexpr int nodes = 2600;  // five parts of a run and a bit

class ScheduleFaults : public ::testing::Test {
 protected:
  ScheduleFaults() {
    house_.start_all();
    house_.sql("UPDATE certfleet.schedule SET enabled = false, due_at = NULL");
    house_.sql(
        "INSERT INTO certfleet.service (name, group_id, common_name) SELECT 'shop', min(id), 'www.example.com'"
        " FROM certfleet.user_group");
    house_.sql("INSERT INTO certfleet.access (name, address, login_id, login_secret_sealed, host_key)"
               " VALUES ('a', '192.0.2.1', 'root', 'x', 'SHA256:' || repeat('A', 43))");
    house_.sql(
        "INSERT INTO certfleet.node (service_id, site_id, access_id, name, kind, verify_mode, verify_host, verify_port,"
        " cert_file, key_file, work_dir, control) SELECT s.id, t.id, a.id, 'n' || i, 'apache', 'address', '192.0.2.1',"
        " 443, '/c', '/k', '/w', 'apachectl' FROM certfleet.service s, certfleet.site t, certfleet.access a,"
        " generate_series(1, " +
        std::to_string(nodes) + ") i");
  }

  void due(const std::string& task, const std::string& when) {
    house_.sql("UPDATE certfleet.schedule SET enabled = true, due_at = " + when + " WHERE task = '" + task + "'");
  }
  // The scheduler that leads, by its own sign of life; "" if none does.
  std::string leader() {
    auto pid = house_.sql(
        "SELECT pid FROM certfleet.daemon WHERE leads AND expires_at > now() ORDER BY seen_at DESC LIMIT 1");
    for (const auto& name : house_.daemons("scheduler"))
      if (house_.runs(name) && std::to_string(house_.process(name).pid()) == pid) return name;
    return "";
  }
  bool made(const std::string& task) {
    return house_.sql("SELECT ran_at IS NOT NULL AND due_at > now() FROM certfleet.schedule WHERE task = '" + task +
                      "'") == "t";
  }
  // How often the run was begun, and which node was looked at how often.
  std::string begun() { return house_.sql("SELECT count(*) FROM certfleet.trace WHERE code IN (1211, 1212)"); }
  std::string looked_at() {
    return house_.sql(
        "SELECT count(*) || ' ' || count(DISTINCT subject_id) FROM (SELECT kind, subject_id FROM certfleet.job"
        " UNION ALL SELECT kind, subject_id FROM certfleet.job_history"
        " UNION ALL SELECT kind, subject_id FROM certfleet.job_dead) AS j WHERE kind = 'verify.node'");
  }

  House house_{{.schedulers = 2, .brokers = 1, .workers = 1}};
};

TEST_F(ScheduleFaults, a_run_that_is_cut_by_a_kill_is_ended_by_the_next_leader_and_nothing_is_doubled) {
  ASSERT_TRUE(eventually(20s, [&] { return !leader().empty(); })) << house_.tell();
  due("verify", "now()");
  ASSERT_TRUE(eventually(20s, [&] {
    return house_.sql("SELECT after_id > 0 FROM certfleet.schedule WHERE task = 'verify'") == "t";
  })) << house_.tell();
  auto first = leader();
  house_.kill(first);
  ASSERT_TRUE(eventually(60s, [&] { return made("verify"); })) << house_.tell();
  EXPECT_NE(leader(), first);
  EXPECT_EQ(looked_at(), std::to_string(nodes) + " " + std::to_string(nodes));
  EXPECT_EQ(begun(), "1");
}

TEST_F(ScheduleFaults, a_run_that_nobody_could_make_is_made_up_once_when_schedulers_live_again) {
  for (const auto& name : house_.daemons("scheduler")) house_.kill(name);
  due("expiry-scan", "now() - interval '3 days'");
  for (const auto& name : house_.daemons("scheduler")) house_.start(name);
  ASSERT_TRUE(eventually(30s, [&] { return made("expiry-scan"); })) << house_.tell();
  house_.kill(leader());
  ASSERT_TRUE(eventually(30s, [&] { return !leader().empty(); })) << house_.tell();
  EXPECT_EQ(house_.sql("SELECT count(*) FROM certfleet.job WHERE kind = 'verify.expiry'"), "1");
  EXPECT_EQ(house_.sql("SELECT string_agg(level::text || code, ',') FROM certfleet.trace WHERE code IN (1211, 1212)"),
            "W1212");
}

}  // namespace
}  // namespace certfleet::faults
