#include "tests/support/memory_store/lanes.h"

#include <algorithm>
#include <deque>
#include <map>

namespace certfleet::testing {
namespace {

using Refs = std::vector<domain::JobRef>;

Refs of_priority(const Refs& level, std::size_t count, store::Lane after) {
  auto place = [&](const domain::JobRef& ref) {
    store::Lane lane{ref.site, ref.service};
    return std::pair(lane <= after, lane);
  };
  std::map<std::pair<bool, store::Lane>, Refs> by_lane;
  for (const auto& ref : level) by_lane[place(ref)].push_back(ref);
  std::deque<Refs> lanes;
  for (auto& [at, refs] : by_lane)
    if (lanes.size() < count) lanes.push_back(std::move(refs));
  Refs taken;
  // One of each lane in turn until there are enough: as evenly as they have them.
  for (std::size_t round = 0; taken.size() < count; ++round) {
    std::size_t before = taken.size();
    for (const auto& lane : lanes)
      if (round < lane.size() && taken.size() < count) taken.push_back(lane[round]);
    if (taken.size() == before) break;
  }
  return taken;
}

}  // namespace

Refs ready_by_turns(const Refs& ready, std::size_t count, int skip, bool spread, store::Lane after) {
  std::map<std::int16_t, Refs> by_priority;
  for (const auto& ref : ready) by_priority[ref.priority].push_back(ref);
  std::vector<Refs> levels;
  for (auto& [priority, refs] : by_priority) levels.push_back(std::move(refs));
  std::rotate(levels.begin(), levels.begin() + std::min<std::ptrdiff_t>(skip, std::ssize(levels)),
              levels.end());
  Refs taken;
  for (const auto& level : levels) {
    std::size_t room = count - taken.size();
    if (spread) room -= room / 8;
    auto more = of_priority(level, room, after);
    taken.insert(taken.end(), more.begin(), more.end());
  }
  return taken;
}

}  // namespace certfleet::testing
