#include "lib/store/turns.h"

namespace certfleet::store {

int Turns::skip() const {
  int skip = 0;
  constexpr int round = domain::urgent_in_row + 1;
  for (int number = looks_ + 1; number % round == 0; number /= round) ++skip;
  return skip;
}

void Turns::served(std::span<const domain::JobRef> refs) {
  if (refs.empty()) return;
  looks_ = (looks_ + 1) % (1 << 24);
  // Only of the least urgent priority served may lanes have been left out. The last one served is the last
  // before `after_`, going around.
  std::int16_t priority = refs.front().priority;
  for (const auto& ref : refs) priority = std::max(priority, ref.priority);
  auto place = [this](Lane lane) { return std::pair(lane <= after_, lane); };
  Lane last = after_;
  bool found = false;
  for (const auto& ref : refs) {
    Lane lane{ref.site, ref.service};
    if (ref.priority != priority || (found && place(lane) < place(last))) continue;
    last = lane;
    found = true;
  }
  after_ = last;
}

}  // namespace certfleet::store
