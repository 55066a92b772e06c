// What schedulers, workers and brokers say to each other (docs/protocol.md), as plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/domain/job.h"

namespace certfleet::bus {

using domain::JobRef;
using domain::Queue;

inline constexpr std::uint32_t wire_major = 1;  // another one can't be understood
inline constexpr std::uint32_t wire_minor = 0;  // only adds; told, never asked for

inline constexpr std::size_t frame_bytes_max = 1U << 20U;  // ZMQ_MAXMSGSIZE of every socket
inline constexpr std::size_t offer_refs_max = 1024;        // about 40 kB on the wire
inline constexpr std::size_t text_bytes_max = 512;         // reasons; they end up in logs

// As in the database's table of peers.
enum class Role { worker, scheduler, broker };
std::string_view to_string(Role role);
std::optional<Role> role_from(std::string_view text);

// How many references of one queue, counted since the welcome.
struct QueueCount {
  Queue queue = Queue::csr;
  std::uint64_t count = 0;
  bool operator==(const QueueCount&) const = default;
};

// The first message of a session; said again with the same epoch it changes nothing.
struct Hello {
  std::string instance;        // UUID of the process
  std::uint64_t epoch = 0;     // grows with each session that the process opens with this broker
  Role role = Role::worker;    // worker or scheduler
  std::optional<Queue> queue;  // a worker's own
  SiteId site;                 // a worker's; none: takes the jobs of all sites
  std::uint32_t wants = 0;     // references of one queue it would like to offer ahead
  bool operator==(const Hello&) const = default;
};

struct Welcome {
  std::string broker;       // UUID of the broker's process
  std::uint64_t epoch = 0;  // of the hello
  std::chrono::milliseconds beat{0};
  std::uint32_t window = 0;          // references of each queue that may be offered at first
  std::uint32_t credit_max = 0;      // more outstanding credit than this is not used
  std::uint32_t refs_per_offer = 0;  // at most
  bool operator==(const Welcome&) const = default;
};

struct Credit {
  std::uint64_t granted = 0;  // references that may be sent in all since the welcome; never falls
  bool quiet = false;         // send none for now, whatever was granted
  bool operator==(const Credit&) const = default;
};

// References of one queue. To a broker, or from a broker to a worker.
struct Offer {
  Queue queue = Queue::csr;
  std::uint64_t sent = 0;    // of this queue in all since the welcome, these included
  std::vector<JobRef> refs;  // each of `queue`
  bool operator==(const Offer&) const = default;
};

struct OfferAck {
  std::vector<QueueCount> granted;  // references that may be offered in all since the welcome; never falls
  std::uint64_t accepted = 0;       // references that entered the ring in all since the welcome
  bool operator==(const OfferAck&) const = default;
};

// All of a client's counters, so that a lost frame is made good.
struct Beat {
  std::uint64_t granted = 0;
  bool quiet = false;
  std::vector<QueueCount> sent;
  bool operator==(const Beat&) const = default;
};

struct BeatAck {
  std::uint64_t sent = 0;
  std::vector<QueueCount> granted;
  std::uint64_t accepted = 0;
  bool operator==(const BeatAck&) const = default;
};

struct Bye {
  std::string reason;
  bool operator==(const Bye&) const = default;
};

enum class RefuseCode {
  other,  // one that a newer version knows
  malformed,
  unknown_message,
  hello_first,  // there is no session: say hello
  not_enrolled,
  not_allowed,  // the peer's key doesn't allow it
  over_window,  // references beyond the granted ones were dropped
  too_many,     // no room for another peer
};
std::string_view to_string(RefuseCode code);

struct Refuse {
  RefuseCode code = RefuseCode::other;
  std::string text;
  bool operator==(const Refuse&) const = default;
};

// A message of a newer minor version. Only received.
struct Unknown {
  bool operator==(const Unknown&) const = default;
};

using Message = std::variant<Hello, Welcome, Credit, Offer, OfferAck, Beat, BeatAck, Bye, Refuse, Unknown>;

// "hello", "welcome", …: for logs and metrics.
std::string_view name_of(const Message& message);

// The limits on offers are the caller's to keep: breaking one is a broken invariant. Texts are cut, and made
// printable ASCII.
std::string encode(const Message& message);

// Failure(usage) on what isn't a message of this major version, or is over a limit. Fields of a newer minor
// version are ignored.
Message decode(std::string_view bytes);

}  // namespace certfleet::bus
