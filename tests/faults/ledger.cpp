#include "tests/faults/ledger.h"

#include <fmt/format.h>

#include <pqxx/pqxx>
#include <set>

#include "tests/faults/task.h"

namespace certfleet::faults {
namespace {

constexpr const char* ends = R"sql(
WITH ended AS (
  SELECT subject_id AS task, id AS job, fence, outcome::text AS how FROM certfleet.job_history WHERE queue = 'verify'
  UNION ALL SELECT subject_id, id, fence, 'dead' FROM certfleet.job_dead WHERE queue = 'verify'
), effects AS (
  SELECT task, count(*) FILTER (WHERE what = 'done') AS done, count(*) FILTER (WHERE what = 'gave up') AS gave_up
  FROM faults.effect GROUP BY task
)
)sql";

struct Check {
  const char* invariant;
  std::string sql;  // each row is one thing that is wrong
};

std::vector<Check> checks() {
  return {
      {"I1 job still lives", "SELECT id, subject_id, certfleet.state(job), fence FROM certfleet.job"},
      {"I1 task without an end, or with several",
       std::string(ends) +
           "SELECT task.id, count(ended.job), string_agg(ended.how, ',') FROM faults.task LEFT JOIN ended"
           " ON ended.task = task.id GROUP BY task.id HAVING count(ended.job) <> 1"},
      {"I1 job that ended twice",
       std::string(ends) +
           "SELECT job, count(*), string_agg(how, ',') FROM ended GROUP BY job HAVING count(*) <> 1"},
      {"I2 effect not exactly once with its end",
       std::string(ends) +
           "SELECT ended.task, how, done, gave_up FROM ended LEFT JOIN effects ON effects.task = ended.task"
           " WHERE coalesce(done, 0) <> CASE WHEN how = 'done' THEN 1 ELSE 0 END"
           " OR coalesce(gave_up, 0) > 1 OR (how = 'done' AND gave_up > 0)"},
      {"I2 effect of another attempt than the one that ended it",
       std::string(ends) +
           "SELECT effect.task, effect.job, effect.fence, ended.fence FROM faults.effect JOIN ended"
           " ON ended.task = effect.task AND (effect.job, effect.fence) <> (ended.job, ended.fence)"},
      {"I2 effect without an end",
       std::string(ends) + "SELECT task FROM effects WHERE task NOT IN (SELECT task FROM ended)"},
      {"I2 follow-up not exactly as the end says",
       std::string(ends) +
           fmt::format("SELECT task.id, first.how, count(second.job) FROM faults.task"
                       " JOIN ended first ON first.task = task.id"
                       " LEFT JOIN ended second ON second.task = task.id + {} WHERE task.recipe = {}"
                       " GROUP BY task.id, first.how"
                       " HAVING count(second.job) <> CASE WHEN first.how = 'done' THEN 1 ELSE 0 END",
                       follow_up_offset, static_cast<int>(Task::Recipe::chain))},
      // Of each key the steps of one attempt stand together: nobody else worked in between.
      {"I3 steps of two jobs of a key mixed",
       "SELECT key, job, fence, count(*) FROM (SELECT *, lag((job, fence)) OVER (PARTITION BY key ORDER BY n)"
       " IS DISTINCT FROM (job, fence) AS begins FROM faults.step) AS steps WHERE begins GROUP BY key, job, "
       "fence"
       " HAVING count(*) > 1"},
  };
}

std::string line_of(const pqxx::row& row) {
  std::string line;
  for (const auto& field : row) line += fmt::format("{}{}", line.empty() ? "" : "|", field.c_str());
  return line;
}

std::set<std::int64_t> numbers(pqxx::nontransaction& books, const std::string& select) {
  std::set<std::int64_t> all;
  for (const auto& row : books.exec(select)) all.insert(row[0].as<std::int64_t>());
  return all;
}

}  // namespace

std::vector<std::string> check_ledger(const Cluster& cluster, const std::map<std::string, int>& acts,
                                      const std::vector<std::int64_t>& acknowledged) {
  pqxx::connection connection(cluster.dsn() + " dbname=certfleet");
  pqxx::nontransaction books(connection);
  std::vector<std::string> wrongs;
  for (const auto& check : checks())
    for (const auto& row : books.exec(check.sql))
      wrongs.push_back(fmt::format("{}: {}", check.invariant, line_of(row)));

  for (const auto& [reference, count] : acts)
    if (count > 1) wrongs.push_back(fmt::format("I4 outside acted {} times for {}", count, reference));
  auto done = numbers(
      books, fmt::format("SELECT task.id FROM faults.task JOIN certfleet.job_history h ON h.subject_id = task.id"
                         " WHERE recipe = {} AND outcome = 'done'",
                         static_cast<int>(Task::Recipe::outside)));
  for (auto task : done)
    if (!acts.contains(reference_of(task)))
      wrongs.push_back(fmt::format("I4 task {} is done and the outside never heard of it", task));
  auto intents = numbers(books, "SELECT task FROM faults.intent");
  for (const auto& [reference, count] : acts)
    if (!intents.contains(std::stoll(reference.substr(reference.rfind('-') + 1))))
      wrongs.push_back(fmt::format("I4 outside acted for {} without an intent", reference));

  auto there = numbers(books, "SELECT id FROM faults.task");
  for (auto task : acknowledged)
    if (!there.contains(task)) wrongs.push_back(fmt::format("I1 task {} was acknowledged and is gone", task));
  return wrongs;
}

}  // namespace certfleet::faults
