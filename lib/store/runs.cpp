#include "lib/store/runs.h"

namespace certfleet::store {

void RunsBuilder::add(JobId id, Fence fence) {
  if (!last_ || id.value() != last_.value() + 1 || fence != fence_) {
    end_run();
    firsts_.add(id.value());
    fences_.add(fence.value());
    befores_.add(count_);
    fence_ = fence;
  }
  last_ = id;
  ++count_;
}

void RunsBuilder::end_run() {
  if (last_) lasts_.add(last_.value());
}

Runs RunsBuilder::take() {
  end_run();
  last_ = JobId();
  count_ = 0;
  return {firsts_.take(), lasts_.take(), fences_.take(), befores_.take()};
}

}  // namespace certfleet::store
