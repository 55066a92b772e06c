#include <fmt/format.h>
#include <unistd.h>

#include "lib/base/error.h"
#include "lib/bus/client.h"
#include "lib/store/applies.h"
#include "lib/store/batch_runs.h"
#include "lib/store/orders.h"
#include "lib/store/orphans.h"
#include "lib/store/schema.h"
#include "producers/scheduler.h"

namespace certfleet::scheduler {
namespace {

void run(Config& config, Daemon& daemon) {
  SchedulerSettings settings;
  settings.database.dsn = config.text("database.dsn");
  settings.database.application = fmt::format("certfleet-scheduler {}", ::getpid());
  bus::Client::Settings client;
  client.role = bus::Role::scheduler;
  client.brokers = bus::read_brokers(config);
  auto keys = bus::KeyPair::load(config.path("curve.secret_key_file"));
  config.refuse_unknown();
  {
    store::Database database(settings.database);
    store::require_schema(database);
  }
  SystemClock clock;
  std::vector<StartDue> due = {store::batch_runs::make_due, store::orders::start_due, store::applies::start_due,
                               store::orphans::end};
  Scheduler scheduler(std::move(settings), std::move(due),
                      std::make_unique<bus::Client>(std::move(client), std::move(keys), clock), clock,
                      daemon);
  scheduler.run();
}

}  // namespace
}  // namespace certfleet::scheduler

int main(int argc, char** argv) {
  return certfleet::daemon_main(argc, argv, "certfleet-scheduler", certfleet::scheduler::run);
}
