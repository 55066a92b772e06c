// One session with one broker, decided purely: hello, welcome, beats, credit in both directions. The same for
// schedulers and workers; it touches neither socket nor clock. For one thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lib/base/clock.h"
#include "lib/bus/message.h"

namespace certfleet::bus {

class Link {
 public:
  enum class State {
    away,      // no connection
    greeting,  // hello is sent
    up,        // welcomed
    refused,   // turned away or told goodbye; tries again after a while
    ended,     // said goodbye; for good
  };

  // What happens.
  struct Connected {};  // a message can be sent
  struct Unsent {};     // the last message could not be sent
  struct Received {
    Message message;
  };
  struct Tick {};
  struct Room {
    std::uint64_t offers = 0;  // as Bus::set_room, this broker's share
  };
  struct Stop {
    std::string reason;
  };
  using Event = std::variant<Connected, Unsent, Received, Tick, Room, Stop>;

  // What follows from it.
  struct Output {
    std::vector<Message> send;
    std::vector<JobRef> offers;  // for the worker
    bool fresh_socket = false;  // the connection is dead though it may not know: make another, then Connected
    std::string note;           // what a person should know, not twice the same; else empty
  };

  // `self.epoch` is where the epochs start; the rest of it is said in each hello.
  explicit Link(Hello self);

  Output step(const Event& event, Instant now);

  // The offer to send for up to `refs`.size() references, all of one queue, as many as the window has room
  // for; none if it has no room. What could not be sent is told by Unsent.
  std::optional<Offer> offer(std::vector<JobRef> refs);

  State state() const { return state_; }
  bool up() const { return state_ == State::up; }
  std::uint64_t window(Queue queue) const;  // references that may be offered now
  std::uint64_t outstanding() const;        // credit given and not yet used
  Instant next() const { return next_; }    // when a Tick is due; max for never

 private:
  using Counts = std::array<std::uint64_t, domain::all_queues.size()>;

  Output greet(Instant now);
  Output on(const Message& message, Instant now);
  Output welcomed(const Welcome& welcome, Instant now);
  Output refused(const Refuse& refuse, Instant now);
  Output tick(Instant now);
  Output still_away(Instant now);
  Output lost(Instant now, std::string why);
  Output note(std::string text);
  void rest(State state, Instant until);
  void take(const Offer& offer, Output& output);
  void grant(Output& output);
  void widen(const std::vector<QueueCount>& counts);

  Hello self_;
  State state_ = State::away;
  Instant next_ = Instant::min();
  Instant heard_at_ = Instant::min();
  std::chrono::milliseconds beat_;
  std::size_t refs_per_offer_ = offer_refs_max;
  int greetings_ = 0;  // sent without an answer
  std::string noted_;

  std::uint64_t room_ = 0;
  std::uint64_t credit_max_ = 0;
  std::uint64_t credit_granted_ = 0;  // by us, of offers to us
  std::uint64_t credit_used_ = 0;
  bool quiet_ = false;
  Counts window_granted_{};  // by the broker, of offers to it
  Counts window_used_{};
};

}  // namespace certfleet::bus
