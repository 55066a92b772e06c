// Measures the pipeline against the bare SQL of the same work, on the server that --dsn names (a superuser's).
// One measurement a call, one number on standard output; scripts/bench repeats, compares and prints.
#include <fmt/format.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <pqxx/pqxx>
#include <thread>

#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/store/job_store.h"
#include "lib/store/jobs.h"
#include "lib/store/schema.h"

namespace {

using namespace certfleet;
using namespace std::chrono_literals;
using domain::Queue;

double seconds_since(Instant start) { return std::chrono::duration<double>(Monotonic::now() - start).count(); }

void enqueue(store::Database& database, int count) {
  constexpr int batch = 1000;
  std::vector<domain::NewJob> jobs(batch, {.kind = "verify.node"});
  for (int done = 0; done < count; done += batch) {
    jobs.resize(static_cast<std::size_t>(std::min(batch, count - done)));
    database.write([&](store::Tx& tx) { store::jobs::enqueue(tx, jobs); });
  }
}

std::int64_t count(store::Database& database, const char* of) {
  return database.reading([&](store::Tx& tx) {
    return tx.raw().exec1(fmt::format("SELECT count(*) FROM {}", of))[0].as<std::int64_t>();
  });
}

// The same rows claimed, completed and moved to history in the same batches, by nothing but the two statements.
double ceiling(const store::DatabaseSettings& settings, int connections) {
  std::atomic<std::int64_t> done{0};
  auto start = Monotonic::now();
  std::vector<std::jthread> threads;
  for (int i = 0; i < connections; ++i)
    threads.emplace_back([&] {
      auto store = store::postgres_job_store(settings);
      auto session = store->open_session({Queue::verify, SiteId(), "bench", 1, 1}, 600s);
      for (;;) {
        auto jobs = store->claim_ready(session, Queue::verify, SiteId(), 128);
        if (jobs.empty()) return;
        std::vector<store::Finished> ends;
        for (const auto& job : jobs) {
          store::Finished end;
          end.id = job.id;
          end.fence = job.fence;
          end.kind = job.kind;
          ends.push_back(std::move(end));
        }
        done += std::ssize(store->complete(ends).accepted);
      }
    });
  threads.clear();
  return static_cast<double>(done) / seconds_since(start);
}

// Jobs a second that running workers end, from the first to the last.
double drain(store::Database& database) {
  auto left = count(database, "job");
  auto start = Monotonic::now();
  auto begin = left;
  bool started = false;
  while (left > 0) {
    std::this_thread::sleep_for(20ms);
    left = count(database, "job WHERE state <> 'waiting'");
    if (!started && left < begin) {
      started = true;
      begin = left;
      start = Monotonic::now();
    }
    if (seconds_since(start) > 300) throw Failure(Fault::retry, "nobody takes the jobs");
  }
  return static_cast<double>(begin) / seconds_since(start);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: pipeline-bench DSN prepare | enqueue N | ceiling CONNECTIONS | drain | clear\n");
    return 2;
  }
  try {
    store::DatabaseSettings settings{argv[1], "bench", 600'000};
    store::Database database(settings);
    std::string what = argv[2];
    int number = argc > 3 ? std::atoi(argv[3]) : 0;
    if (what == "prepare") {
      store::migrate(database);
    } else if (what == "enqueue") {
      auto start = Monotonic::now();
      enqueue(database, number);
      fmt::print("{:.0f}\n", number / seconds_since(start));
    } else if (what == "ceiling") {
      fmt::print("{:.0f}\n", ceiling(settings, number));
    } else if (what == "drain") {
      fmt::print("{:.0f}\n", drain(database));
    } else {
      database.write([](store::Tx& tx) { tx.raw().exec("TRUNCATE job, job_history, job_dead"); });
    }
    return 0;
  } catch (const Failure& failure) {
    fmt::print(stderr, "pipeline-bench: {}\n", failure.what());
    return 1;
  }
}
