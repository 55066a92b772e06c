// Where the ready jobs of a big lane begin, as far as who claims them knows: the index still holds what was
// claimed and ended, for as long as any transaction may want to see it, and passing by that at each claim
// costs more than the claim. A hint: what stands behind it (jobs that were put back, or committed late) is
// found by the next look at everything, which is taken as often as it is cheap. Pure.
#pragma once

#include <optional>
#include <span>

#include "lib/base/pace.h"
#include "lib/domain/job.h"

namespace certfleet::store {

class Front {
 public:
  // In the lane of its priority, site and service, jobs up to its id need no look.
  using Place = domain::JobRef;

  // Where a claim of so many jobs begins; nothing: it looks at everything, as one of few jobs does while that
  // is quick.
  std::optional<Place> passed(int jobs_max, Instant now) const;
  // Everything was looked at lately, nothing was there, and another such look is too dear for now.
  bool resting(Instant now) const { return nothing_ && !place_ && !few_.due(now); }

  // What that claim got, and when it began and ended.
  void claimed(std::span<const domain::JobRef> refs, int jobs_max, Instant began, Instant ended);

 private:
  std::optional<Place> place_;
  bool nothing_ = false;  // was got by the last claim
  // Of looks at everything, for claims of many jobs and of few. While one lasts, the worker's slots may run dry; what
  // it finds behind the front waits longest with those who claim many.
  Pace many_{{}, std::chrono::seconds(30)};
  Pace few_{std::chrono::milliseconds(100)};
};

}  // namespace certfleet::store
