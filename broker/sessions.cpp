#include "broker/sessions.h"

#include "lib/base/error.h"

namespace certfleet::broker {

Session* Sessions::find(const std::string& routing_id) {
  auto found = by_routing_id_.find(routing_id);
  return found == by_routing_id_.end() ? nullptr : &*found->second;
}

const Session* Sessions::of_instance(const std::string& instance) const {
  auto found = by_instance_.find(instance);
  return found == by_instance_.end() ? nullptr : &*found->second;
}

Session& Sessions::add(Session session) {
  all_.push_back(std::move(session));
  auto place = std::prev(all_.end());
  bool alone = by_routing_id_.emplace(place->routing_id, place).second &&
               by_instance_.emplace(place->hello.instance, place).second;
  CERTFLEET_INVARIANT(alone, "two sessions of one peer");
  return *place;
}

void Sessions::remove(Session& session) {
  session.quiet = true;
  sort(session);
  for (Queue queue : domain::all_queues) stop_waiting(session, queue);
  auto place = by_routing_id_.at(session.routing_id);
  by_routing_id_.erase(session.routing_id);
  by_instance_.erase(session.hello.instance);
  all_.erase(place);
}

void Sessions::heard(Session& session, Instant now) {
  session.heard_at = now;
  all_.splice(all_.end(), all_, by_routing_id_.at(session.routing_id));
}

Session* Sessions::silent_longest() {
  return all_.empty() ? nullptr : &all_.front();
}

void Sessions::sort(Session& session) {
  CERTFLEET_INVARIANT(session.credit_used <= session.credit_granted, session.who.name);
  if (!session.hello.queue) return;
  auto& groups = ready_[index(*session.hello.queue)];
  bool can = session.can_take();
  if (can && !session.ready) {
    auto& group = groups[session.hello.site];
    session.ready = group.insert(group.end(), &session);
  } else if (!can && session.ready) {
    auto group = groups.find(session.hello.site);
    group->second.erase(*session.ready);
    session.ready.reset();
    if (group->second.empty()) groups.erase(group);
  }
}

void Sessions::wait_for_room(Session& session, Queue queue) {
  auto& window = session.windows[index(queue)];
  auto& waiting = waiting_[index(queue)];
  if (!window.waiting) window.waiting = waiting.insert(waiting.end(), &session);
}

void Sessions::stop_waiting(Session& session, Queue queue) {
  auto& window = session.windows[index(queue)];
  if (!window.waiting) return;
  waiting_[index(queue)].erase(*window.waiting);
  window.waiting.reset();
}

}  // namespace certfleet::broker
