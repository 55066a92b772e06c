#include "lib/store/front.h"

#include <algorithm>
#include <tuple>

namespace certfleet::store {
namespace {

constexpr int many = 64;

auto lane(const Front::Place& ref) {
  return std::tuple(ref.priority, ref.site, ref.service);
}

// The last job of those, if they are of one lane.
std::optional<Front::Place> last_of_one_lane(std::span<const domain::JobRef> refs) {
  if (refs.empty()) return std::nullopt;
  Front::Place last = refs.front();
  for (const auto& ref : refs) {
    if (lane(ref) != lane(last)) return std::nullopt;
    last.id = std::max(last.id, ref.id);
  }
  return last;
}

}  // namespace

std::optional<Front::Place> Front::passed(int jobs_max, Instant now) const {
  const Pace& pace = jobs_max < many ? few_ : many_;
  return pace.due(now) ? std::nullopt : place_;
}

void Front::claimed(std::span<const domain::JobRef> refs, int jobs_max, Instant began, Instant ended) {
  if (!passed(jobs_max, began)) {
    many_.took(began, ended);
    few_.took(began, ended);
  }
  nothing_ = refs.empty();
  if (nothing_) return;  // the front stays where it is
  auto last = last_of_one_lane(refs);
  if (last && place_ && lane(*last) == lane(*place_)) last->id = std::max(last->id, place_->id);
  place_ = last;
}

}  // namespace certfleet::store
