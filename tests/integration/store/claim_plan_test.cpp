// Claims are prepared once and their plans kept, often from a time when there was nearly nothing to do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/store/sql.h"
#include "tests/support/database/database.h"

namespace certfleet::store {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The plan that a connection of a worker keeps, made while the table is empty.
std::string plan_of(const std::string& query, const std::string& types, const std::string& values) {
  testing::TestDatabase database;
  return database.sql(
      "SET enable_seqscan TO off; SET plan_cache_mode TO force_generic_plan; ANALYZE job; PREPARE p(" +
      types + ") AS " + std::string(sql::query(query)) + "; EXPLAIN (FORMAT JSON) EXECUTE p(" + values + ")");
}

TEST(ClaimPlan, of_offers_goes_to_the_jobs_by_their_ids) {
  auto plan = plan_of("claim_offered", "bigint, text, bigint[]", "1, 'verify', '{1,2,3}'");
  EXPECT_THAT(plan, HasSubstr("job_pkey"));
  EXPECT_THAT(plan, HasSubstr("Tid Scan"));
  EXPECT_THAT(plan, Not(HasSubstr("job_lane")));
}

TEST(ClaimPlan, of_what_is_ready_goes_to_the_chosen_jobs_where_they_are) {
  auto plan =
      plan_of("claim_ready",
              "bigint, text, bigint, integer, integer, bigint, bigint, boolean",
              "1, 'verify', NULL, 10, 0, 0, 0, true");
  EXPECT_THAT(plan, HasSubstr("Tid Scan"));
  EXPECT_THAT(plan, Not(HasSubstr("job_lane")));
}

// What a worker's claim of 100 reads of 20,000 ready jobs of one lane, under its own role; `before` runs before it.
long rows_read(const std::string& before) {
  certfleet::testing::TestDatabase test;
  test.sql(
      "INSERT INTO job (queue, admitted, kind, priority, attempts_max, time_limit)"
      " SELECT 'verify', true, 'verify.node', 4, 4, '1 min' FROM generate_series(1, 20000);" + before);
  return std::stol(
      test.sql("BEGIN; SET LOCAL ROLE certfleet_verify;"
               " SELECT ready_by_turns('verify', NULL, 100, 0, false, 0, 0, true, false);"
               " RESET ROLE; SELECT (seq_tup_read + idx_tup_fetch)::text FROM pg_stat_xact_all_tables"
               " WHERE schemaname = 'certfleet' AND relname = 'job'"));
}

TEST(ClaimPlan, of_a_long_lane_reads_little_more_than_it_takes) { EXPECT_LT(rows_read(""), 1000); }

TEST(ClaimPlan, begins_behind_what_others_have_claimed) {
  constexpr auto claimed = "UPDATE job SET session_id = 1, run_deadline = now() WHERE id <= 10000;";
  EXPECT_GT(rows_read(claimed), 10000) << "nobody knows of the front";
  EXPECT_LT(rows_read(std::string(claimed) + "SELECT set_front('verify', 10000, 10000)"), 1000);
}

// Each version of the row is one on the same page: an index entry for each claim is what queues drown in.
TEST(Claim, writes_no_index) {
  certfleet::testing::TestDatabase test;
  test.sql(
      "INSERT INTO session (queue, host, pid, slots, expires_at)"
      " VALUES ('verify', 'h', 1, 1, now() + interval '1 min');"
      "INSERT INTO job (queue, admitted, kind, priority, attempts_max, time_limit)"
      " SELECT 'verify', true, 'verify.node', 4, 4, '1 min' FROM generate_series(1, 500)");
  auto claim = test.sql("SELECT format('EXECUTE p(%s, ''verify'', %L)', (SELECT max(id) FROM session),"
                        " (SELECT array_agg(id ORDER BY id) FROM job))");
  EXPECT_EQ(test.sql("PREPARE p(bigint, text, bigint[]) AS " + std::string(sql::query("claim_offered")) +
                     "; BEGIN; " + claim +
                     "; SELECT n_tup_upd || ' ' || n_tup_hot_upd FROM pg_stat_xact_all_tables"
                     " WHERE schemaname = 'certfleet' AND relname = 'job'"),
            "500 500");
}

// What a sweep finds of 20,000 jobs that run under a living session, five of which are far past their
// deadline, and five under a lapsed one; and what it reads for that.
std::string swept(bool whole) {
  certfleet::testing::TestDatabase test;
  test.sql(
      "INSERT INTO session (queue, host, pid, slots, expires_at) SELECT 'verify', 'h', n, 1,"
      " now() + n * interval '1 minute' FROM unnest('{1,-1}'::int[]) AS n;"
      "INSERT INTO job (queue, admitted, kind, priority, attempts_max, time_limit, session_id, run_deadline)"
      " SELECT 'verify', true, 'verify.node', 4, 4, '1 min', (SELECT id FROM session WHERE pid = 1),"
      " now() + (CASE WHEN n <= 5 THEN -1 ELSE 1 END) * interval '1 day' FROM generate_series(1, 20000) AS n;"
      "INSERT INTO job (queue, admitted, kind, priority, attempts_max, time_limit, session_id, run_deadline)"
      " SELECT 'verify', true, 'verify.node', 4, 4, '1 min', (SELECT id FROM session WHERE pid = -1),"
      " now() + interval '1 day' FROM generate_series(1, 5)");
  return test.sql(
      "SET enable_seqscan TO off; SET plan_cache_mode TO force_generic_plan; SET jit TO off;"
      " PREPARE p(integer, integer, double precision, boolean) AS " +
      std::string(sql::query("sweep")) +
      "; BEGIN; SET LOCAL ROLE certfleet_scheduler;"
      " CREATE TEMP TABLE back AS EXECUTE p(100, 5, 30, " +
      std::string(whole ? "true" : "false") +
      ");"
      " RESET ROLE; SELECT (SELECT count(*) FROM back) || CASE WHEN seq_tup_read + idx_tup_fetch < 1000"
      " THEN ' of few' ELSE ' of many' END FROM pg_stat_xact_all_tables"
      " WHERE schemaname = 'certfleet' AND relname = 'job'");
}

TEST(SweepPlan, reads_only_jobs_of_lapsed_sessions_unless_it_looks_at_everything) {
  EXPECT_EQ(swept(true), "10 of many");
  EXPECT_EQ(swept(false), "5 of many") << "one session has lapsed";
}

}  // namespace
}  // namespace certfleet::store
