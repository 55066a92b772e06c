#include "lib/bus/link.h"

#include <fmt/format.h>

#include "lib/base/error.h"

namespace certfleet::bus {
namespace {

using namespace std::chrono_literals;

constexpr int beats_lost = 3;          // without a frame for so many beats the other side is gone
constexpr auto greeting_wait = 1s;     // before a hello is said again
constexpr auto refused_wait = 5s;      // a person has to mend something first
constexpr auto farewell_wait = 1s;     // a broker that said goodbye is being restarted, most likely
constexpr auto away_wait = 5s;         // libzmq gives up on a socket whose key was refused once: make another
constexpr auto beat_shortest = 100ms;  // what a broker may ask for
constexpr auto beat_longest = 60s;

std::size_t index(Queue queue) {
  return static_cast<std::size_t>(queue);
}

}  // namespace

Link::Link(Hello self) : self_(std::move(self)), beat_(beat_longest) {}

Link::Output Link::step(const Event& event, Instant now) {
  if (state_ == State::ended) return {};
  if (std::holds_alternative<Connected>(event)) return state_ == State::away ? greet(now) : Output{};
  if (std::holds_alternative<Unsent>(event)) return lost(now, "");
  if (std::holds_alternative<Tick>(event)) return tick(now);
  if (const auto* received = std::get_if<Received>(&event)) return on(received->message, now);
  Output output;
  if (const auto* room = std::get_if<Room>(&event)) {
    room_ = room->offers;
    grant(output);
  } else {
    if (state_ == State::up || state_ == State::greeting)
      output.send.push_back(Bye{std::get<Stop>(event).reason});
    rest(State::ended, Instant::max());
  }
  return output;
}

std::optional<Offer> Link::offer(std::vector<JobRef> refs) {
  if (refs.empty()) return std::nullopt;
  Queue queue = refs.front().queue;
  std::size_t most = std::min<std::uint64_t>(window(queue), refs_per_offer_);
  if (most == 0) return std::nullopt;
  if (refs.size() > most) refs.resize(most);
  window_used_[index(queue)] += refs.size();
  return Offer{.queue = queue, .sent = window_used_[index(queue)], .refs = std::move(refs)};
}

std::uint64_t Link::window(Queue queue) const {
  std::uint64_t granted = window_granted_[index(queue)];
  std::uint64_t used = window_used_[index(queue)];
  return up() && granted > used ? granted - used : 0;
}

std::uint64_t Link::outstanding() const {
  return up() ? credit_granted_ - credit_used_ : 0;
}

Link::Output Link::greet(Instant now) {
  state_ = State::greeting;
  ++self_.epoch;
  greetings_ = 1;
  next_ = now + greeting_wait;
  return {.send = {self_}, .offers = {}, .fresh_socket = false, .note = {}};
}

Link::Output Link::on(const Message& message, Instant now) {
  heard_at_ = now;
  if (const auto* welcome = std::get_if<Welcome>(&message)) return welcomed(*welcome, now);
  if (const auto* refuse = std::get_if<Refuse>(&message)) return refused(*refuse, now);
  if (state_ != State::up && state_ != State::greeting) return {};
  if (const auto* bye = std::get_if<Bye>(&message)) {
    rest(State::refused, now + farewell_wait);
    return note(fmt::format("the broker says goodbye: {}", bye->reason));
  }
  // Of an earlier session: nothing that is not told again.
  if (state_ != State::up) return {};
  Output output;
  if (const auto* offer = std::get_if<Offer>(&message)) {
    take(*offer, output);
  } else if (const auto* ack = std::get_if<OfferAck>(&message)) {
    widen(ack->granted);
  } else if (const auto* beat = std::get_if<BeatAck>(&message)) {
    widen(beat->granted);
    // What was sent before this answer has come or is lost; lost credit is given anew.
    credit_used_ = std::max(credit_used_, std::min(beat->sent, credit_granted_));
    grant(output);
  }
  return output;
}

Link::Output Link::welcomed(const Welcome& welcome, Instant now) {
  if (state_ != State::greeting || welcome.epoch != self_.epoch) return {};
  state_ = State::up;
  noted_.clear();
  beat_ = std::clamp<std::chrono::milliseconds>(welcome.beat, beat_shortest, beat_longest);
  next_ = now + beat_;
  refs_per_offer_ = std::clamp<std::size_t>(welcome.refs_per_offer, 1, offer_refs_max);
  credit_max_ = welcome.credit_max;
  credit_granted_ = credit_used_ = 0;
  quiet_ = false;
  window_granted_.fill(welcome.window);
  window_used_.fill(0);
  Output output;
  grant(output);
  return output;
}

Link::Output Link::refused(const Refuse& refuse, Instant now) {
  std::string text = fmt::format("the broker refuses ({}): {}", to_string(refuse.code), refuse.text);
  if (state_ == State::up) {
    // A broker that was started anew knows nothing of the session. No reason to bother anybody.
    if (refuse.code == RefuseCode::hello_first) return greet(now);
    if (refuse.code == RefuseCode::not_enrolled) rest(State::refused, now + refused_wait);
    return note(std::move(text));
  }
  // Of messages that were sent before the hello.
  if (state_ != State::greeting || refuse.code == RefuseCode::hello_first) return {};
  rest(State::refused, now + refused_wait);
  return note(std::move(text));
}

Link::Output Link::tick(Instant now) {
  if (now < next_) return {};
  switch (state_) {
    case State::refused:
      rest(State::away, now + away_wait);
      return {};
    case State::away:
      return still_away(now);
    case State::greeting:
      if (greetings_ >= beats_lost) return lost(now, "the broker doesn't answer");
      ++greetings_;
      next_ = now + greeting_wait;
      return {.send = {self_}, .offers = {}, .fresh_socket = false, .note = {}};
    case State::up:
      break;
    case State::ended:
      return {};
  }
  if (now - heard_at_ >= beats_lost * beat_) return lost(now, "the broker has fallen silent");
  next_ = now + beat_;
  Beat beat{.granted = credit_granted_, .quiet = quiet_, .sent = {}};
  for (Queue queue : domain::all_queues)
    if (window_used_[index(queue)] > 0) beat.sent.push_back({queue, window_used_[index(queue)]});
  return {.send = {std::move(beat)}, .offers = {}, .fresh_socket = false, .note = {}};
}

Link::Output Link::still_away(Instant now) {
  bool first = next_ == Instant::min();
  next_ = now + away_wait;
  if (first) return {};
  auto output = note("no connection: it can't be reached, or one side's key is not the other's");
  output.fresh_socket = true;
  return output;
}

// With a reason: the connection is dead, but its socket may not know.
Link::Output Link::lost(Instant now, std::string why) {
  if (state_ != State::up && state_ != State::greeting) return {};
  rest(State::away, now + away_wait);
  if (why.empty()) return {};
  Output output = note(std::move(why));
  output.fresh_socket = true;
  return output;
}

// Out of any session until `until`.
void Link::rest(State state, Instant until) {
  state_ = state;
  next_ = until;
}

void Link::take(const Offer& offer, Output& output) {
  if (offer.queue != self_.queue) return;
  credit_used_ = std::max(credit_used_, std::min(offer.sent, credit_granted_));
  room_ -= std::min<std::uint64_t>(room_, offer.refs.size());
  output.offers = offer.refs;
}

// Gives credit up to the room there is. Not for each single place: a frame for a quarter of the room or more.
void Link::grant(Output& output) {
  if (state_ != State::up) return;
  std::uint64_t given = outstanding();
  std::uint64_t wanted = std::min(room_, credit_max_);
  if (wanted == 0) {
    if (given == 0 || quiet_) return;
    quiet_ = true;
  } else {
    if (!quiet_ && given * 4 > wanted * 3) return;
    credit_granted_ += wanted > given ? wanted - given : 0;
    quiet_ = false;
  }
  output.send.push_back(Credit{.granted = credit_granted_, .quiet = quiet_});
}

void Link::widen(const std::vector<QueueCount>& counts) {
  for (const auto& [queue, count] : counts)
    window_granted_[index(queue)] = std::max(window_granted_[index(queue)], count);
}

// The same line again and again helps nobody.
Link::Output Link::note(std::string text) {
  Output output;
  if (text != noted_) output.note = text;
  noted_ = std::move(text);
  return output;
}

}  // namespace certfleet::bus
