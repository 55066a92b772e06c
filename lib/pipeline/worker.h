// A worker process: everything but the handlers. Its threads and what flows between them are drawn in
// docs/architecture.md.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/daemon.h"
#include "lib/bus/bus.h"
#include "lib/pipeline/completer.h"
#include "lib/pipeline/handler.h"
#include "lib/pipeline/job_runner.h"
#include "lib/pipeline/session_keeper.h"
#include "lib/pipeline/worker_core.h"
#include "lib/pki/key_ring.h"
#include "lib/store/job_store.h"

namespace certfleet::pipeline {

struct WorkerSettings {
  store::DatabaseSettings database;
  domain::Queue queue = domain::Queue::csr;
  SiteId site;  // 0: jobs of any site
  WorkerLimits limits;
  SessionTimes session;
  CompleterLimits completer;
  std::function<std::vector<std::string>()> sealing_keys{};  // as of SessionKeeper::Events
  // How long a drain waits for running handlers before it tells them to stop.
  std::chrono::seconds drain_limit{30};
};

// Runs until the daemon drains: everything held has then ended or is handed back.
class Worker {
 public:
  Worker(WorkerSettings settings, Handlers handlers, std::unique_ptr<bus::Bus> bus, const Clock& clock,
         Daemon& daemon);
  ~Worker();
  void run();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What a worker's main gives to its handlers.
struct Toolbox {
  store::DatabaseSettings database;
  Metrics& metrics;
  // Set by those that open boxes: the sealing keys by which they do. Where one is missing to which something may be
  // sealed, the worker does not start.
  std::shared_ptr<pki::KeyRing> sealing_keys{};
};

// The settings of every worker: database.dsn, worker.slots (4), worker.drain_limit_s (30), worker.heartbeat_s (5),
// worker.session_life_s (15). Failure(usage) names the one that can't be.
WorkerSettings read_worker_settings(Config& config, domain::Queue queue);

// The whole main of a worker executable: `make` reads what its handlers need from the configuration and
// makes them. Keys of every worker besides its settings: brokers, curve.secret_key_file, worker.site ("").
int worker_main(int argc, char** argv, std::string_view name, domain::Queue queue,
                const std::function<Handlers(Config& config, Toolbox& tools)>& make);

}  // namespace certfleet::pipeline
