#include <fmt/format.h>

#include "broker/broker_core.h"
#include "tests/simulation/process.h"

namespace certfleet::simulation {
namespace {

class Broker final : public Process {
 public:
  Broker(World& world, const std::string& name) : Process(world, name), core_(fmt::format("{}-{}", name, ++made_)) {
    core_.step(broker::BrokerCore::Enrolled{everybody()}, world_.now());
    wake_at(world_.now() + 1s);
  }

  void wake() override {
    pass_on(core_.step(broker::BrokerCore::Tick{}, world_.now()));
    wake_at(world_.now() + 1s);
  }

  void receive(const std::string& path, const bus::Message& message) override {
    auto connection = path.substr(0, path.find('>'));
    broker::BrokerCore::Received received;
    received.routing_id = connection;
    received.peer = PeerId(peer_number(connection.substr(0, connection.find('#'))));
    received.content = message;
    pass_on(core_.step(received, world_.now()));
  }

 private:
  std::vector<bus::PeerIdentity> everybody() const {
    std::vector<bus::PeerIdentity> peers;
    for (int i = 0; i < world_.setting.schedulers; ++i) {
      auto name = fmt::format("scheduler{}", i);
      peers.push_back({PeerId(peer_number(name)), name, bus::Role::scheduler, std::nullopt});
    }
    for (auto queue : {domain::Queue::apply, domain::Queue::verify})
      for (int i = 0; i < world_.setting.workers; ++i) {
        auto name = fmt::format("{}{}", to_string(queue), i);
        peers.push_back({PeerId(peer_number(name)), name, bus::Role::worker, queue});
      }
    return peers;
  }

  void pass_on(const broker::BrokerCore::Sends& sends) {
    for (const auto& out : sends) {
      // Half of what goes to the dead is noticed.
      Process* to = world_.find(out.routing_id.substr(0, out.routing_id.find('#')));
      if ((to == nullptr || !to->alive()) && world_.random.chance(0.5)) {
        pass_on(core_.step(broker::BrokerCore::Unsent{out.routing_id, out.message}, world_.now()));
        continue;
      }
      send(world_, name(), out.routing_id, out.message);
    }
  }

  static inline int made_ = 0;
  broker::BrokerCore core_;
};

}  // namespace

std::unique_ptr<Process> make_broker(World& world, const std::string& name) {
  return std::make_unique<Broker>(world, name);
}

}  // namespace certfleet::simulation
