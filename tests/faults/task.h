// What a job of these tests is to do. Its number is the job's subject; the row of faults.task is its cause.
#pragma once

#include <cstdint>
#include <string>

namespace certfleet::faults {

struct Task {
  enum class Recipe {
    plain,    // an effect in the database, with the job's end
    outside,  // an effect outside: intent, question, act; then as plain
    chain,    // as plain, and a follow-up job, whose task is `follow_up(id)`: a plain one
    slow,     // as plain, after some time
    longer,   // as plain, after a moment; from the second time on after three seconds
    flaky,    // fails the first time in a way that may pass
    failing,  // fails for good
    keyed,    // one at a time for its key; several commits on the way
    stuck,    // the first time it takes a minute; then as plain
    later,    // an intent, then as plain; from the second time on it ends once the outside has acted for it
    poison,   // kills its worker, each time
  };
  std::int64_t id = 0;
  Recipe recipe = Recipe::plain;
  std::string key{};  // of keyed
};

inline constexpr std::int64_t follow_up_offset = 1'000'000'000;
inline std::int64_t follow_up(std::int64_t id) {
  return id + follow_up_offset;
}

inline std::string reference_of(std::int64_t id) {
  return "task-" + std::to_string(id);
}

// One table for all who write and check (Ledger). Whoever runs a task may only insert and count.
inline constexpr const char* tables_sql = R"sql(
CREATE SCHEMA faults;
CREATE TABLE faults.task (id bigint PRIMARY KEY, recipe integer NOT NULL, key text NOT NULL);
CREATE TABLE faults.effect (task bigint NOT NULL, job bigint NOT NULL, fence bigint NOT NULL, what text NOT NULL);
CREATE TABLE faults.intent (task bigint PRIMARY KEY, job bigint NOT NULL, fence bigint NOT NULL);
CREATE TABLE faults.key (key text PRIMARY KEY, n bigint NOT NULL);
CREATE TABLE faults.step (key text NOT NULL, n bigint NOT NULL, job bigint NOT NULL, fence bigint NOT NULL,
                          PRIMARY KEY (key, n));
GRANT USAGE ON SCHEMA faults TO certfleet_verify;
GRANT SELECT ON ALL TABLES IN SCHEMA faults TO certfleet_verify;
GRANT INSERT ON faults.effect, faults.intent, faults.step TO certfleet_verify;
GRANT INSERT, UPDATE ON faults.key TO certfleet_verify;
)sql";

}  // namespace certfleet::faults
