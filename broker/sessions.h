// The peers that have said hello, what each may be sent and what each may send. Gone when the broker is gone.
#pragma once

#include <array>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "lib/base/clock.h"
#include "lib/bus/message.h"
#include "lib/bus/zap.h"

namespace certfleet::broker {

using domain::Queue;

inline std::size_t index(Queue queue) {
  return static_cast<std::size_t>(queue);
}

struct Session {
  using Turns = std::list<Session*>;

  std::string routing_id;
  bus::PeerIdentity who;  // by its key
  bus::Hello hello;       // what it says of itself
  Instant heard_at;

  // Offers to it, all of its one queue.
  std::uint64_t credit_granted = 0;
  std::uint64_t credit_used = 0;
  bool quiet = false;
  std::optional<Turns::iterator> ready;  // its place among those that can be sent an offer

  // Offers from it.
  struct Window {
    std::uint64_t granted = 0;
    std::uint64_t used = 0;
    std::optional<Turns::iterator> waiting;  // its place among those that wait for room in the ring
  };
  std::array<Window, domain::all_queues.size()> windows;
  std::uint64_t accepted = 0;

  std::uint64_t credit() const { return credit_granted - credit_used; }
  bool can_take() const { return !quiet && credit() > 0; }
};

class Sessions {
 public:
  Sessions() = default;
  Sessions(const Sessions&) = delete;
  Sessions& operator=(const Sessions&) = delete;

  Session* find(const std::string& routing_id);
  const Session* of_instance(const std::string& instance) const;
  Session& add(Session session);  // neither its routing id nor its instance is here
  void remove(Session& session);  // with its credit
  void heard(Session& session, Instant now);
  Session* silent_longest();  // none if there is no session
  std::size_t size() const { return all_.size(); }
  const std::list<Session>& all() const { return all_; }  // silent longest first

  // To be called after each change of its credit: enters it among the ready or takes it out.
  void sort(Session& session);
  // The ready workers of a queue by site, each group in turn order.
  std::map<SiteId, Session::Turns>& ready(Queue queue) { return ready_[index(queue)]; }

  void wait_for_room(Session& session, Queue queue);
  void stop_waiting(Session& session, Queue queue);
  Session::Turns& waiting(Queue queue) { return waiting_[index(queue)]; }

 private:
  std::list<Session> all_;
  std::unordered_map<std::string, std::list<Session>::iterator> by_routing_id_;
  std::unordered_map<std::string, std::list<Session>::iterator> by_instance_;
  std::array<std::map<SiteId, Session::Turns>, domain::all_queues.size()> ready_;
  std::array<Session::Turns, domain::all_queues.size()> waiting_;
};

}  // namespace certfleet::broker
