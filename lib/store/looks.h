// When somebody who asks a queue for its ready jobs looks behind its front, too (sql/functions/fronts.sql): as often as
// that is cheap. Such a look passes by all that was claimed and ended, for as long as any transaction may want to see
// it. Pure, but for look(), which reads the clock.
#pragma once

#include "lib/base/pace.h"

namespace certfleet::store {

class Looks {
 public:
  // Whether the next look, for so many jobs, is one at everything.
  bool whole(int jobs_max, Instant now) const;
  // The last look found nothing and was dear: none for now.
  bool resting(Instant now) const { return found_nothing_ && !any_.due(now); }

  // How that look went.
  void looked(int jobs_max, int jobs_found, Instant began, Instant ended);

  // The ready jobs by ask(whole), which is asked again if only a look at everything can tell that there are none.
  template <typename Ask>
  auto look(int jobs_max, Ask ask) {
    for (;;) {
      auto began = Monotonic::now();
      auto found = ask(whole(jobs_max, began));
      looked(jobs_max, static_cast<int>(found.size()), began, Monotonic::now());
      if (!found.empty() || !short_) return found;
    }
  }

 private:
  bool begun_ = false;
  bool ever_ = false;   // looked at everything
  bool short_ = false;  // before that, the front had less than was asked for
  bool found_nothing_ = false;
  Pace any_{std::chrono::milliseconds(100)};
  // Of looks at everything, for many jobs and for few. While one lasts, a worker's slots may run dry; what it finds
  // behind the front waits longest with those who claim many.
  Pace many_{{}, std::chrono::seconds(30)};
  Pace few_{std::chrono::milliseconds(100)};
};

}  // namespace certfleet::store
