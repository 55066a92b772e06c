// All that a broker decides, as a function of its state, an event and the time. It routes references of ready
// jobs from whoever offers to workers that have granted credit; docs/protocol.md has the rules. It holds
// nothing whose loss changes more than the time at which a job is found.
#pragma once

#include <array>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "broker/ring.h"
#include "broker/sessions.h"
#include "lib/bus/router.h"

namespace certfleet::broker {

using namespace std::chrono_literals;

struct Limits {
  std::size_t refs_per_queue = 20'000;  // 100,000 in five queues, about 30 MB; seconds of work for any fleet
  std::uint32_t window_max = 4096;      // references of one queue that one peer may offer ahead
  std::uint32_t trickle = 64;  // a second, into a full ring: the urgent and the rare displace the many
  std::uint32_t credit_max = bus::offer_refs_max;  // so that all of it fits one frame
  std::size_t peers_max = 4096;
  std::chrono::milliseconds beat = 1000ms;
  int beats_lost = 3;                             // silent for so many beats is gone
  std::chrono::milliseconds offer_age_max = 30s;  // then the scheduler has offered it again, or will
};

// Since the start; for the metrics.
struct Counts {
  std::array<std::uint64_t, 8> refusals{};  // by RefuseCode
  std::uint64_t accepted = 0;
  std::uint64_t delivered = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t dropped = 0;  // the ring was full
  std::uint64_t expired = 0;
  std::uint64_t returned = 0;  // could not be sent, back in the ring
  std::uint64_t sessions_silent = 0;
};

class BrokerCore {
 public:
  using Received = bus::Router::Received;
  // A message of ours that could not be sent: the peer is gone or doesn't read.
  struct Unsent {
    std::string routing_id;
    bus::Message message;
  };
  // All who are enrolled. Whoever no longer is, or is as something else, loses its session.
  struct Enrolled {
    std::vector<bus::PeerIdentity> peers;
  };
  struct Tick {};  // at least each beat
  struct Drain {
    std::string reason;
  };
  using Event = std::variant<Received, Unsent, Enrolled, Tick, Drain>;

  struct Send {
    std::string routing_id;
    bus::Message message;
  };
  using Sends = std::vector<Send>;  // in this order

  // `instance`: UUID of this process.
  explicit BrokerCore(std::string instance, Limits limits = {});

  Sends step(const Event& event, Instant now);

  const Counts& counts() const { return counts_; }
  const Sessions& sessions() const { return sessions_; }
  std::size_t ring_size(Queue queue) const { return rings_[index(queue)].size(); }

 private:
  struct From;

  void on(const Received& received);
  void on(const Unsent& unsent);
  void on(const Enrolled& enrolled);
  void on(const Tick&);
  void on(const Drain& drain);

  void said(const From& from, const bus::Hello& hello);
  void said(const From& from, const bus::Credit& credit);
  void said(const From& from, const bus::Offer& offer);
  void said(const From& from, const bus::Beat& beat);
  void said(const From& from, const bus::Bye& bye);
  void said(const From& from, const bus::Refuse& refuse);
  void said(const From& from, const bus::Unknown& unknown);
  template <class Other>
  void said(const From& from, const Other&);  // what only brokers say

  std::string objection(const From& from, const bus::Hello& hello, const Session* known) const;
  void welcome(const Session& session);
  void refuse(const std::string& routing_id, bus::RefuseCode code, std::string text);
  bool give_credit(Session& session, std::uint64_t granted, bool quiet);
  void put(const JobRef& ref, Session* from);
  void deliver(Queue queue);
  void hand(Session& session, const JobRef& ref);
  bool widen(Session& session, Queue queue, std::size_t least);
  void widen_waiting(Queue queue, std::size_t least);
  void send(const std::string& routing_id, bus::Message message) {
    sends_.push_back({routing_id, std::move(message)});
  }

  std::string instance_;
  Limits limits_;
  std::vector<Ring> rings_;  // of each queue
  Sessions sessions_;
  std::unordered_map<PeerId, bus::PeerIdentity> enrolled_;
  std::string farewell_;  // what is said to all once draining
  std::size_t turn_ = 0;
  Counts counts_;

  Instant now_;  // of the event at hand
  Sends sends_;
};

}  // namespace certfleet::broker
