#include "lib/store/front.h"

#include <algorithm>
#include <tuple>

namespace certfleet::store {
namespace {

constexpr int worth_it = 64;      // jobs of a claim: below, what was claimed since the last vacuum is little
constexpr int look_behind = 512;  // claims: some seconds of a worker that does nothing else

}  // namespace

std::optional<Front::Place> Front::passed(int jobs_max) {
  if (jobs_max < worth_it) return std::nullopt;
  claims_ = (claims_ + 1) % look_behind;
  return claims_ == 0 ? std::nullopt : place_;
}

void Front::claimed(std::span<const domain::JobRef> refs, int jobs_max) {
  if (jobs_max < worth_it) return;
  place_.reset();
  if (refs.empty() || std::ssize(refs) < jobs_max) return;
  auto lane = [](const Place& ref) { return std::tuple(ref.priority, ref.site, ref.service); };
  Place last = refs.front();
  for (const auto& ref : refs) {
    if (lane(ref) != lane(last)) return;
    last.id = std::max(last.id, ref.id);
  }
  place_ = last;
}

}  // namespace certfleet::store
