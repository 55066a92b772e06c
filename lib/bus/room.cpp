#include "lib/bus/room.h"

#include <numeric>

namespace certfleet::bus {

std::vector<std::uint64_t> divide_room(std::uint64_t room, const std::vector<std::uint64_t>& outstanding) {
  std::vector<std::uint64_t> targets;
  if (outstanding.empty()) return targets;
  std::uint64_t held = std::accumulate(outstanding.begin(), outstanding.end(), std::uint64_t{0});
  std::uint64_t free = room - std::min(room, held);
  std::uint64_t part = room / outstanding.size() + (room % outstanding.size() > 0 ? 1 : 0);
  for (std::uint64_t has : outstanding) {
    std::uint64_t more = std::min(part - std::min(part, has), free);
    free -= more;
    targets.push_back(room == 0 ? 0 : std::max<std::uint64_t>(has + more, 1));
  }
  return targets;
}

}  // namespace certfleet::bus
