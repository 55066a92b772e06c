#include "broker/broker_core.h"

#include <fmt/format.h>

#include "lib/base/error.h"

namespace certfleet::broker {

using bus::RefuseCode;
using bus::Role;

// Who said the message at hand.
struct BrokerCore::From {
  const std::string& routing_id;
  const bus::PeerIdentity& who;
  Session* session;  // none before its hello
};

BrokerCore::BrokerCore(std::string instance, Limits limits)
    : instance_(std::move(instance)),
      limits_(limits),
      rings_(domain::all_queues.size(), Ring(limits.refs_per_queue)) {}

BrokerCore::Sends BrokerCore::step(const Event& event, Instant now) {
  now_ = now;
  std::visit([this](const auto& it) { on(it); }, event);
  return std::exchange(sends_, {});
}

void BrokerCore::on(const Received& received) {
  Session* session = sessions_.find(received.routing_id);
  if (session != nullptr && session->who.id != received.peer) {
    // The routing id now belongs to another key's connection; it inherits nothing.
    sessions_.remove(*session);
    session = nullptr;
  }
  auto who = enrolled_.find(received.peer);
  if (who == enrolled_.end()) {
    // Its connection outlived its enrolment. It was told when it was cut off; from then on there is silence.
    ++counts_.refusals[static_cast<std::size_t>(RefuseCode::not_enrolled)];
    return;
  }
  if (const auto* malformed = std::get_if<bus::Router::Malformed>(&received.content))
    return refuse(received.routing_id, RefuseCode::malformed, malformed->reason);
  if (session != nullptr) sessions_.heard(*session, now_);
  From from{received.routing_id, who->second, session};
  std::visit([&](const auto& message) { said(from, message); }, std::get<bus::Message>(received.content));
}

void BrokerCore::on(const Unsent& unsent) {
  if (Session* session = sessions_.find(unsent.routing_id)) sessions_.remove(*session);
  const auto* offer = std::get_if<bus::Offer>(&unsent.message);
  if (offer == nullptr) return;
  counts_.returned += offer->refs.size();
  for (const auto& ref : offer->refs) put(ref, nullptr);
  deliver(offer->queue);
}

void BrokerCore::on(const Enrolled& enrolled) {
  enrolled_.clear();
  for (const auto& peer : enrolled.peers) enrolled_[peer.id] = peer;
  std::vector<std::string> cut;
  for (const auto& session : sessions_.all()) {
    auto who = enrolled_.find(session.who.id);
    bool same = who != enrolled_.end() && who->second.role == session.who.role &&
                who->second.queue == session.who.queue;
    if (!same) cut.push_back(session.routing_id);
  }
  for (const auto& routing_id : cut) {
    sessions_.remove(*sessions_.find(routing_id));
    refuse(routing_id, RefuseCode::not_enrolled, "the key is no longer enrolled for this");
  }
}

void BrokerCore::on(const Tick&) {
  while (Session* session = sessions_.silent_longest()) {
    if (now_ - session->heard_at < limits_.beats_lost * limits_.beat) break;
    sessions_.remove(*session);
    ++counts_.sessions_silent;
  }
  for (Queue queue : domain::all_queues) {
    counts_.expired += rings_[index(queue)].expire(now_ - limits_.offer_age_max);
    widen_waiting(queue, limits_.trickle);
  }
}

void BrokerCore::on(const Drain& drain) {
  farewell_ = drain.reason;
  while (Session* session = sessions_.silent_longest()) {
    send(session->routing_id, bus::Bye{farewell_});
    sessions_.remove(*session);
  }
}

void BrokerCore::said(const From& from, const bus::Hello& hello) {
  if (!farewell_.empty()) return send(from.routing_id, bus::Bye{farewell_});
  if (from.session != nullptr) {
    if (from.session->hello == hello) return welcome(*from.session);  // ours was late or lost
  }
  const Session* known = sessions_.of_instance(hello.instance);
  std::string why = objection(from, hello, known);
  if (why.empty() && known != nullptr && known->hello.epoch > hello.epoch)
    return;  // late: a newer one is here
  if (from.session != nullptr) sessions_.remove(*from.session);
  if (!why.empty()) return refuse(from.routing_id, RefuseCode::not_allowed, why);
  // The same process over another connection: what went over the old one is lost.
  known = sessions_.of_instance(hello.instance);
  if (known != nullptr) sessions_.remove(*sessions_.find(known->routing_id));
  if (sessions_.size() >= limits_.peers_max)
    return refuse(from.routing_id, RefuseCode::too_many, fmt::format("{} peers are here", sessions_.size()));
  Session session;
  session.routing_id = from.routing_id;
  session.who = from.who;
  session.hello = hello;
  session.heard_at = now_;
  for (auto& window : session.windows) window.granted = std::min(hello.wants, limits_.window_max);
  welcome(sessions_.add(std::move(session)));
}

// What a peer may be follows from its key. Empty if nothing speaks against it.
std::string BrokerCore::objection(const From& from, const bus::Hello& hello, const Session* known) const {
  const auto& who = from.who;
  if (who.role != Role::worker && who.role != Role::scheduler)
    return "the key is neither a worker's nor a scheduler's";
  if (hello.role != who.role)
    return fmt::format("the key is a {}'s, not a {}'s", to_string(who.role), to_string(hello.role));
  if (hello.queue != who.queue)
    return who.queue ? fmt::format("the key is for the queue {}", domain::to_string(*who.queue))
                     : "the key is for no queue";
  if (known != nullptr && known->who.id != who.id) return "the instance belongs to another key";
  return "";
}

void BrokerCore::welcome(const Session& session) {
  send(session.routing_id, bus::Welcome{.broker = instance_,
                                        .epoch = session.hello.epoch,
                                        .beat = limits_.beat,
                                        .window = std::min(session.hello.wants, limits_.window_max),
                                        .credit_max = limits_.credit_max,
                                        .refs_per_offer = bus::offer_refs_max});
}

void BrokerCore::refuse(const std::string& routing_id, RefuseCode code, std::string text) {
  ++counts_.refusals[static_cast<std::size_t>(code)];
  send(routing_id, bus::Refuse{code, std::move(text)});
}

void BrokerCore::said(const From& from, const bus::Credit& credit) {
  if (from.session == nullptr) return refuse(from.routing_id, RefuseCode::hello_first, "credit before hello");
  if (!from.who.queue) return refuse(from.routing_id, RefuseCode::not_allowed, "only workers grant credit");
  if (give_credit(*from.session, credit.granted, credit.quiet)) deliver(*from.who.queue);
}

void BrokerCore::said(const From& from, const bus::Beat& beat) {
  if (from.session == nullptr) return refuse(from.routing_id, RefuseCode::hello_first, "beat before hello");
  Session& session = *from.session;
  bus::BeatAck ack{.sent = session.credit_used, .granted = {}, .accepted = session.accepted};
  for (const auto& [queue, count] : beat.sent) {
    auto& window = session.windows[index(queue)];
    window.used = std::max(window.used, std::min(count, window.granted));  // what was lost is used up too
    widen(session, queue, 0);
    ack.granted.push_back({queue, window.granted});
  }
  bool can_take = from.who.queue && give_credit(session, beat.granted, beat.quiet);
  // First what was sent until now, then more: the peer takes what it doesn't have by then for lost.
  send(from.routing_id, std::move(ack));
  if (can_take) deliver(*from.who.queue);
}

void BrokerCore::said(const From& from, const bus::Offer& offer) {
  if (from.session == nullptr) return refuse(from.routing_id, RefuseCode::hello_first, "offer before hello");
  if (offer.sent < offer.refs.size())
    return refuse(from.routing_id, RefuseCode::malformed, "an offer of more than was sent in all");
  Session& session = *from.session;
  auto& window = session.windows[index(offer.queue)];
  std::uint64_t number = offer.sent - offer.refs.size();  // of the last reference before these
  std::size_t within = 0;
  for (; within < offer.refs.size() && number + within < window.granted; ++within)
    put(offer.refs[within], &session);
  window.used = std::max(window.used, std::min(offer.sent, window.granted));
  deliver(offer.queue);
  widen(session, offer.queue, 0);
  send(from.routing_id,
       bus::OfferAck{.granted = {{offer.queue, window.granted}}, .accepted = session.accepted});
  if (within < offer.refs.size())
    refuse(from.routing_id, RefuseCode::over_window,
           fmt::format("{} references too many", offer.refs.size() - within));
}

void BrokerCore::said(const From& from, const bus::Bye&) {
  if (from.session != nullptr) sessions_.remove(*from.session);
}

// An answer to a refusal could go on for ever.
void BrokerCore::said(const From&, const bus::Refuse&) {}

void BrokerCore::said(const From& from, const bus::Unknown&) {
  refuse(from.routing_id, RefuseCode::unknown_message,
         fmt::format("this broker speaks {}.{}", bus::wire_major, bus::wire_minor));
}

template <class Other>
void BrokerCore::said(const From& from, const Other& other) {
  if (from.session == nullptr) return refuse(from.routing_id, RefuseCode::hello_first, "no hello yet");
  refuse(from.routing_id, RefuseCode::not_allowed, fmt::format("only brokers say {}", bus::name_of(other)));
}

// True if it can take more than before. Credit beyond the limit counts when it is told again.
bool BrokerCore::give_credit(Session& session, std::uint64_t granted, bool quiet) {
  std::uint64_t usable = std::min(granted, session.credit_used + limits_.credit_max);
  session.credit_granted = std::max(session.credit_granted, usable);
  session.quiet = quiet;
  sessions_.sort(session);
  return session.can_take();
}

void BrokerCore::put(const JobRef& ref, Session* from) {
  switch (rings_[index(ref.queue)].put(ref, now_)) {
    case Ring::Put::duplicate:
      ++counts_.duplicate;
      return;
    case Ring::Put::full:
      ++counts_.dropped;
      return;
    case Ring::Put::displaced:
      ++counts_.dropped;
      break;
    case Ring::Put::taken:
      break;
  }
  ++counts_.accepted;
  if (from != nullptr) ++from->accepted;
}

// Hands out offers until there are none left that anybody with credit may take. Between the sites' groups of
// workers, and in a group between its workers, one offer each in turn; each worker gets its own in one frame.
void BrokerCore::deliver(Queue queue) {
  Ring& ring = rings_[index(queue)];
  auto& groups = sessions_.ready(queue);
  std::vector<SiteId> open;
  for (const auto& [site, group] : groups) open.push_back(site);
  if (!open.empty())
    std::rotate(open.begin(), open.begin() + static_cast<std::ptrdiff_t>(++turn_ % open.size()), open.end());
  std::vector<std::pair<Session*, bus::Offer>> parts;
  std::unordered_map<Session*, std::size_t> part_of;
  while (!open.empty() && ring.size() > 0) {
    // What a group can't take now it can't take later either: the ring only shrinks here.
    std::erase_if(open, [&](SiteId site) {
      auto group = groups.find(site);
      auto ref = group == groups.end() ? std::nullopt : ring.take(site);
      if (!ref) return true;
      Session& session = *group->second.front();
      ++session.credit_used;
      auto [place, fresh] = part_of.try_emplace(&session, parts.size());
      if (fresh) parts.push_back({&session, {.queue = queue, .sent = 0, .refs = {}}});
      parts[place->second].second.refs.push_back(*ref);
      group->second.splice(group->second.end(), group->second, group->second.begin());
      sessions_.sort(session);
      return false;
    });
  }
  for (auto& [session, offer] : parts) {
    offer.sent = session->credit_used;
    counts_.delivered += offer.refs.size();
    send(session->routing_id, std::move(offer));
  }
  if (!parts.empty()) widen_waiting(queue, 0);
}

// Grants room for more offers when half of what the peer wants is used up. Into a nearly full ring only
// `least`: the peer waits.
bool BrokerCore::widen(Session& session, Queue queue, std::size_t least) {
  Ring& ring = rings_[index(queue)];
  auto& window = session.windows[index(queue)];
  std::uint64_t wants = std::min(session.hello.wants, limits_.window_max);
  std::uint64_t has = window.granted - window.used;
  if (wants == 0 || has * 2 > wants) {
    sessions_.stop_waiting(session, queue);
    return false;
  }
  std::size_t room = ring.room() > limits_.refs_per_queue / 8 ? ring.room() : least;
  std::uint64_t target = std::min<std::uint64_t>(wants, room);
  if (target == wants)
    sessions_.stop_waiting(session, queue);
  else
    sessions_.wait_for_room(session, queue);
  if (target <= has) return false;
  window.granted = window.used + target;
  return true;
}

void BrokerCore::widen_waiting(Queue queue, std::size_t least) {
  if (sessions_.waiting(queue).empty()) return;
  auto waiting = sessions_.waiting(queue);  // a copy: who has enough leaves
  for (Session* session : waiting) {
    if (!widen(*session, queue, least)) continue;
    auto granted = session->windows[index(queue)].granted;
    send(session->routing_id, bus::OfferAck{.granted = {{queue, granted}}, .accepted = session->accepted});
  }
}

}  // namespace certfleet::broker
