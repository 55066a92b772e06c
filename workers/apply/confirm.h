// The gate of an apply: only what a TLS handshake shows counts.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "workers/apply/target.h"

namespace certfleet::apply {

// What a handshake showed: a certificate, or why there was none.
struct Sighting {
  std::optional<Identity> served;
  std::string error;
};
using Probe = std::function<Sighting(const Budget&)>;

// Looks again and again until the expected certificate is served or `limit` is over: a server that reloads
// gracefully answers with its old children for a moment. Waits 0.1 s at first, doubling up to 2 s, and
// notices a stop at once: Failure(retry). Returns the last sighting.
Sighting wait_until_served(const Probe& probe, const Identity& expected, std::chrono::milliseconds limit,
                           const Budget& budget);

}  // namespace certfleet::apply
