// Where a job stands, and everything that decides what happens to it next: for `certfleet job explain`.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "lib/store/job_views.h"

namespace certfleet::store::job_views {

// The job that holds a concurrency key.
struct KeyHolder {
  JobId id;
  std::string kind;
  std::string state;   // ready or running
  std::string worker;  // "host pid" of a running one
  std::optional<WallTime> since;
};

struct LimitState {
  std::string name;  // of the CA account or the site
  std::optional<int> parallel, per_minute;
  int held = 0;  // jobs that are ready or running under it
};

// Living workers of the job's queue.
struct WorkersForJob {
  int all = 0;
  int of_site = 0;  // of the job's site or of any
  int knowing = 0;  // of these, those that know its kind
};

struct Standing {
  Row row;
  ServiceId service;
  int attempts_max = 0;
  bool parked = false;  // a worker that met it did not know its kind
  std::string concurrency_key, limit_key;
  std::optional<WallTime> run_deadline;
  bool worker_lives = false;  // of a running one
  std::optional<KeyHolder> holder;
  int before_it = 0;  // due jobs that wait for the same key and come first (100: or more)
  std::optional<LimitState> limit;
  WorkersForJob workers;
  bool scheduler_leads = false;
  WallTime now;  // on the database's clock, as all times here
};

std::optional<Standing> standing(Tx& tx, JobId id);

}  // namespace certfleet::store::job_views
