// The real bus: a dealer and a link for each broker.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/bus/bus.h"
#include "lib/bus/curve.h"
#include "lib/bus/dealer.h"

namespace certfleet::bus {

class Client final : public Bus {
 public:
  struct Settings {
    std::vector<BrokerAddress> brokers;  // all there are; they know nothing of each other
    Role role = Role::worker;            // worker or scheduler
    std::optional<Queue> queue;          // a worker's
    SiteId site;                         // a worker's; none: jobs of all sites
    std::uint32_t offer_ahead = 256;     // references of one queue to offer ahead of their delivery
    SocketTimes times;
  };

  // Failure(usage) if a broker's endpoint makes no sense. Connects in the background, during poll().
  Client(Settings settings, KeyPair own, const Clock& clock);
  ~Client() override;

  void set_room(std::size_t offers) override;
  std::vector<JobRef> offer(std::vector<JobRef> refs) override;
  bool room_to_offer(Queue queue) const override;
  Events poll(std::chrono::milliseconds timeout, std::span<const int> fds = {}) override;
  std::size_t connected() const override;
  void bye(std::string_view reason) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace certfleet::bus
