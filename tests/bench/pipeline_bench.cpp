// Makes jobs, and measures what the database alone could do with them; tests/bench/pipeline puts the figures
// together. DSN is a superuser's.
#include <fmt/format.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <pqxx/pqxx>
#include <random>
#include <thread>

#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/pipeline/worker_core.h"
#include "lib/store/jobs.h"
#include "lib/store/runs.h"
#include "lib/store/sql.h"

namespace {

using namespace certfleet;
using namespace std::chrono_literals;

double seconds_since(Instant start) { return std::chrono::duration<double>(Monotonic::now() - start).count(); }

// As the scheduler's duties make jobs: so many in a transaction.
void enqueue(const store::DatabaseSettings& settings, int count) {
  constexpr int batch = 500;
  store::Database database(settings);
  auto start = Monotonic::now();
  std::vector<domain::NewJob> jobs(batch, {.kind = "verify.node"});
  for (int done = 0; done < count; done += batch) {
    jobs.resize(static_cast<std::size_t>(std::min(batch, count - done)));
    database.write([&](store::Tx& tx) { store::jobs::enqueue(tx, jobs); });
  }
  fmt::print("{:.0f}\n", count / seconds_since(start));
}

// The least that claims ready jobs: no turns, no limits, no session that must live.
constexpr const char* bare_claim = R"(
UPDATE job SET fence = fence + 1, deliveries = deliveries + 1, session_id = $1,
               started_at = now(), run_deadline = now() + time_limit
WHERE id = ANY (ARRAY(SELECT id FROM job WHERE queue = 'verify' AND admitted AND session_id IS NULL
                      ORDER BY priority, coalesce(site_id, 0), coalesce(service_id, 0), id
                      LIMIT $2 FOR UPDATE SKIP LOCKED))
RETURNING id, fence)";

// Claims a batch, ends it and moves it to history, by two statements alone: nothing is read but what the second
// one needs.
int one_batch(pqxx::connection& connection, std::int64_t session) {
  pqxx::work claim(connection);
  auto rows = claim.exec_prepared("claim", session, pipeline::WorkerLimits().batch_max);
  claim.commit();
  if (rows.empty()) return 0;
  std::vector<std::pair<std::int64_t, std::int64_t>> jobs;
  for (const auto& row : rows) jobs.emplace_back(row[0].as<std::int64_t>(), row[1].as<std::int64_t>());
  std::sort(jobs.begin(), jobs.end());
  store::RunsBuilder builder;
  for (auto [id, fence] : jobs) builder.add(JobId(id), Fence(fence));
  auto runs = builder.take();
  pqxx::work end(connection);
  auto ended = end.exec_prepared1("finish", runs.firsts, runs.lasts, runs.fences, runs.befores, "{}", "{}", "{}",
                                  jobs.size());
  end.commit();
  CERTFLEET_INVARIANT(ended["ids"].is_null(), "somebody else has ended jobs");
  return static_cast<int>(jobs.size());
}

void ceiling(const store::DatabaseSettings& settings, int connections) {
  std::atomic<int> done{0};
  std::vector<std::unique_ptr<pqxx::connection>> sessions;
  for (int i = 0; i < connections; ++i) {
    sessions.push_back(std::make_unique<pqxx::connection>(settings.dsn));
    sessions.back()->set_variable("search_path", "certfleet, pg_catalog");
    sessions.back()->set_variable("enable_seqscan", "off");
    sessions.back()->prepare("claim", bare_claim);
    sessions.back()->prepare("finish", std::string(store::sql::query("finish")));
  }
  auto start = Monotonic::now();
  std::vector<std::jthread> threads;
  for (auto& connection : sessions)
    threads.emplace_back([&] {
      pqxx::work open(*connection);
      auto session = open.exec1(
          "INSERT INTO session (queue, host, pid, slots, expires_at)"
          " VALUES ('verify', 'bench', 1, 1, now() + interval '10 minutes') RETURNING id");
      open.commit();
      while (int ended = one_batch(*connection, session[0].as<std::int64_t>())) done += ended;
    });
  threads.clear();
  fmt::print("{:.0f}\n", done / seconds_since(start));
}

// One job after another into an idle system, as a person's command makes them; prints id and time of each commit.
void latency(const store::DatabaseSettings& settings, int count) {
  store::Database database(settings);
  std::mt19937 dice(1);
  std::uniform_int_distribution<int> gap(20, 40);
  for (int i = 0; i < count; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(gap(dice)));
    JobId id = database.writing([&](store::Tx& tx) {
      store::jobs::enqueue_by_person(tx, {.kind = "verify.node"});
      return tx.ready_jobs().at(0).id;
    });
    fmt::print("{} {}\n", id.value(), std::chrono::nanoseconds(Monotonic::now().time_since_epoch()).count());
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: pipeline-bench DSN enqueue N | ceiling CONNECTIONS | latency N\n");
    return 2;
  }
  try {
    store::DatabaseSettings settings{argv[1], "bench", 600'000};
    std::string what = argv[2];
    int number = std::atoi(argv[3]);
    if (what == "enqueue") enqueue(settings, number);
    else if (what == "ceiling") ceiling(settings, number);
    else if (what == "latency") latency(settings, number);
    else return 2;
    return 0;
  } catch (const std::exception& failure) {
    fmt::print(stderr, "pipeline-bench: {}\n", failure.what());
    return 1;
  }
}
