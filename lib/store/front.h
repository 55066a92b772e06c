// Where the ready jobs of a big lane begin, as far as who claims them knows: the index still holds what it has
// claimed, for as long as any transaction may want to see it, and passing by that at each claim costs more than the
// claim. A hint: losing it costs such a pass. Pure.
#pragma once

#include <optional>
#include <span>

#include "lib/domain/job.h"

namespace certfleet::store {

class Front {
 public:
  // In the lane of its priority, site and service, jobs up to its id need no look.
  using Place = domain::JobRef;

  // For a claim of so many jobs. Nothing for a small one, nor for each 512th: jobs that were put back stand behind
  // the front, and are not to wait until their lane is empty.
  std::optional<Place> passed(int jobs_max);

  // What that claim got. Only one that was full, and from one lane, leaves nothing ready behind it.
  void claimed(std::span<const domain::JobRef> refs, int jobs_max);

 private:
  std::optional<Place> place_;
  int claims_ = 0;
};

}  // namespace certfleet::store
