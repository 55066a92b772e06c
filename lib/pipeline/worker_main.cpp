#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "lib/base/error.h"
#include "lib/base/log.h"
#include "lib/bus/client.h"
#include "lib/pipeline/worker.h"
#include "lib/store/schema.h"
#include "lib/store/sealing_keys.h"
#include "lib/store/sites.h"

namespace certfleet::pipeline {
namespace {

SiteId site_of(const store::DatabaseSettings& settings, const std::string& name) {
  if (name.empty()) return {};
  store::Database database(settings);
  auto site = database.reading([&](store::Tx& tx) { return store::sites::find(tx, name); });
  if (!site) throw Failure(Fault::not_found, fmt::format("worker.site: there is no site named {}", name));
  return site->id;
}

// A host without a key that is in use would end jobs as failed for nothing.
void require_sealing_keys(store::Database& database, pki::KeyRing& ring) {
  auto held = ring.ids();
  for (const auto& id : database.reading([](store::Tx& tx) { return store::sealing_keys::in_use(tx); }))
    if (!std::binary_search(held.begin(), held.end(), id))
      throw Failure(Fault::usage, fmt::format("sealing.key_files: sealing key {} is in use and not there: copy the key "
                                              "file of another worker's host",
                                              id));
}

}  // namespace

WorkerSettings read_worker_settings(Config& config, domain::Queue queue) {
  WorkerSettings settings;
  settings.queue = queue;
  settings.database.dsn = config.text("database.dsn");
  settings.limits.slots = static_cast<int>(config.number("worker.slots", 4, 1, 256));
  settings.drain_limit = std::chrono::seconds(config.number("worker.drain_limit_s", 30, 0, 3600));
  auto& session = settings.session;
  auto beat = std::chrono::seconds(config.number("worker.heartbeat_s", 5, 1, 300));
  session.beat = beat;
  session.life = std::chrono::seconds(config.number("worker.session_life_s", 15, 1, 3600));
  // One lost heartbeat must not cost all that runs.
  if (session.life < 2 * beat)
    config.refuse("worker.session_life_s",
                  fmt::format("must be at least two heartbeats, {}", std::chrono::seconds(2 * beat).count()));
  session.margin = std::min<std::chrono::milliseconds>(session.margin, std::chrono::milliseconds(session.life) / 5);
  return settings;
}

int worker_main(int argc, char** argv, std::string_view name, domain::Queue queue,
                const std::function<Handlers(Config&, Toolbox&)>& make) {
  return daemon_main(argc, argv, name, [&](Config& config, Daemon& daemon) {
    WorkerSettings settings = read_worker_settings(config, queue);
    settings.database.application = fmt::format("{} {}", name, ::getpid());
    auto site = config.text("worker.site", "");

    bus::Client::Settings client;
    client.brokers = bus::read_brokers(config);
    client.role = bus::Role::worker;
    client.queue = queue;
    auto keys = bus::KeyPair::load(config.path("curve.secret_key_file"));
    Toolbox tools{settings.database, daemon.metrics(), nullptr};
    auto handlers = make(config, tools);
    config.refuse_unknown();

    {
      store::Database database(settings.database);
      store::require_schema(database);
      if (tools.sealing_keys) require_sealing_keys(database, *tools.sealing_keys);
    }
    if (tools.sealing_keys)
      settings.sealing_keys = [ring = tools.sealing_keys] {
        ring->refresh();
        return ring->ids();
      };
    settings.site = site_of(settings.database, site);
    client.site = settings.site;
    SystemClock clock;
    Worker worker(std::move(settings), std::move(handlers),
                  std::make_unique<bus::Client>(std::move(client), std::move(keys), clock), clock, daemon);
    worker.run();
  });
}

}  // namespace certfleet::pipeline
