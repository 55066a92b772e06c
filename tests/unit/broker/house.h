// A broker's core with a few enrolled peers, spoken to in short sentences.
#pragma once

#include <gmock/gmock.h>

#include "broker/broker_core.h"

namespace certfleet::broker {

using domain::Queue;

inline JobRef ref(std::int64_t id, std::int64_t site = 0, std::int64_t service = 0, std::int16_t priority = 4,
                  Queue queue = Queue::apply) {
  return {.id = JobId(id),
          .queue = queue,
          .site = SiteId(site),
          .service = ServiceId(service),
          .priority = priority};
}

// Ids of the keys that are enrolled at first.
inline constexpr PeerId scheduler_key{1};
inline constexpr PeerId apply_key{2};
inline constexpr PeerId other_apply_key{3};
inline constexpr PeerId mail_key{4};
inline constexpr PeerId broker_key{5};

class House : public ::testing::Test {
 protected:
  explicit House(Limits limits = {}) : core_("broker-1", limits) { enroll(everybody()); }

  static std::vector<bus::PeerIdentity> everybody() {
    return {{scheduler_key, "scheduler-1", bus::Role::scheduler, std::nullopt},
            {apply_key, "apply-1", bus::Role::worker, Queue::apply},
            {other_apply_key, "apply-2", bus::Role::worker, Queue::apply},
            {mail_key, "mail-1", bus::Role::worker, Queue::mail},
            {broker_key, "broker-1", bus::Role::broker, std::nullopt}};
  }

  using Sends = BrokerCore::Sends;
  Sends enroll(std::vector<bus::PeerIdentity> peers) {
    return core_.step(BrokerCore::Enrolled{std::move(peers)}, now_);
  }
  Sends say(const std::string& routing_id, PeerId peer, const bus::Message& message) {
    return core_.step(BrokerCore::Received{routing_id, peer, message}, now_);
  }
  Sends garble(const std::string& routing_id, PeerId peer) {
    return core_.step(BrokerCore::Received{routing_id, peer, bus::Router::Malformed{"not a frame"}}, now_);
  }
  Sends tick(std::chrono::milliseconds wait = std::chrono::milliseconds(0)) {
    now_ += wait;
    return core_.step(BrokerCore::Tick{}, now_);
  }

  // The routing id is the instance as well.
  Sends scheduler(const std::string& name, std::uint32_t wants = 4096) {
    return say(name, scheduler_key, bus::Hello{name, 1, bus::Role::scheduler, std::nullopt, SiteId(), wants});
  }
  Sends worker(const std::string& name, PeerId key = apply_key, std::int64_t site = 0,
               std::uint32_t wants = 8) {
    Queue queue = key == mail_key ? Queue::mail : Queue::apply;
    return say(name, key, bus::Hello{name, 1, bus::Role::worker, queue, SiteId(site), wants});
  }
  Sends credit(const std::string& name, std::uint64_t granted, PeerId key = apply_key) {
    return say(name, key, bus::Credit{granted, false});
  }
  // In the name of the scheduler "s", counted on.
  Sends offer(std::vector<JobRef> refs) {
    Queue queue = refs.front().queue;
    sent_[queue] += refs.size();
    return say("s", scheduler_key, bus::Offer{queue, sent_[queue], std::move(refs)});
  }

  template <class M>
  static std::vector<M> all(const Sends& sends, const std::string& to) {
    std::vector<M> result;
    for (const auto& [routing_id, message] : sends)
      if (const auto* it = std::get_if<M>(&message); it != nullptr && routing_id == to) result.push_back(*it);
    return result;
  }
  // Ids of what is offered to `to`.
  static std::vector<std::int64_t> offered(const Sends& sends, const std::string& to) {
    std::vector<std::int64_t> ids;
    for (const auto& offer : all<bus::Offer>(sends, to))
      for (const auto& it : offer.refs) ids.push_back(it.id.value());
    return ids;
  }
  // The code of the only message in `sends`, which is a refusal to `to`.
  static std::optional<bus::RefuseCode> refusal(const Sends& sends, const std::string& to) {
    auto refusals = all<bus::Refuse>(sends, to);
    if (sends.size() != 1 || refusals.size() != 1) return std::nullopt;
    return refusals.front().code;
  }
  std::uint64_t refusals(bus::RefuseCode code) const {
    return core_.counts().refusals[static_cast<std::size_t>(code)];
  }

  BrokerCore core_;
  Instant now_{std::chrono::seconds(1000)};
  std::map<Queue, std::uint64_t> sent_;
};

}  // namespace certfleet::broker
