// Where the next look at the ready jobs goes on, so that sites and services take turns over many looks. A
// hint: losing it costs a turn. Pure.
#pragma once

#include <span>

#include "lib/domain/job.h"

namespace certfleet::store {

// What waits for one site and service.
struct Lane {
  SiteId site;
  ServiceId service;
  auto operator<=>(const Lane&) const = default;
};

class Turns {
 public:
  // Before every lane at first.
  Lane after() const { return after_; }
  // How many priorities the next claim asks last: none, but 1 after domain::urgent_in_row claims, and so on
  // for the priorities below.
  int skip() const;

  // To be told of each look or claim that found something.
  void served(std::span<const domain::JobRef> refs);

 private:
  Lane after_{SiteId(-1), ServiceId(-1)};
  int looks_ = 0;
};

}  // namespace certfleet::store
