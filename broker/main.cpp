// certfleet-broker: routes references of ready jobs to the workers that have asked for work.
#include <fmt/format.h>
#include <unistd.h>

#include "broker/broker_loop.h"
#include "lib/base/daemon.h"
#include "lib/base/error.h"
#include "lib/base/log.h"
#include "lib/bus/uuid.h"
#include "lib/store/schema.h"

namespace {

using namespace certfleet;

constexpr auto peers_interval = std::chrono::seconds(2);  // how soon a revocation takes effect

void run(Config& config, Daemon& daemon) {
  std::string listen = config.text("listen", "tcp://0.0.0.0:9020");
  auto keys = bus::KeyPair::load(config.path("curve.secret_key_file"));
  std::string dsn = config.text("database.dsn");
  config.refuse_unknown();

  SystemClock clock;
  store::Database database({.dsn = dsn, .application = fmt::format("certfleet-broker {}", ::getpid())});
  store::require_schema(database);
  store::daemons::Presence presence({"broker", listen}, clock);
  broker::PeerWatch peers(std::make_unique<broker::StoredPeers>(std::move(database), std::move(presence)),
                          peers_interval);

  bus::Context context;
  bus::Zap zap(context, clock);
  bus::Router router(context, keys);
  broker::BrokerCore core(bus::random_uuid());
  broker::BrokerLoop loop(core, router, zap, peers, clock);
  try {
    router.bind(listen);
  } catch (const Failure& failure) {
    if (failure.fault() != Fault::usage) throw;
    config.refuse("listen", failure.what());
  }
  log::info("listening on {}, public key {}", router.endpoint(), keys.public_key.text());
  daemon.ready();
  loop.run(daemon);
}

}  // namespace

int main(int argc, char** argv) {
  return certfleet::daemon_main(argc, argv, "certfleet-broker", run);
}
