#include "producers/relay.h"

#include <map>

namespace certfleet::scheduler {
namespace {

std::size_t index(domain::Queue queue) { return static_cast<std::size_t>(queue); }

// In turn between the sites and services; what is of one of them stays in its order.
std::vector<domain::JobRef> by_lanes(const std::vector<domain::JobRef>& refs) {
  std::map<std::pair<SiteId, ServiceId>, std::size_t> taken;
  std::map<std::size_t, std::vector<domain::JobRef>> rounds;
  for (const auto& ref : refs) rounds[taken[{ref.site, ref.service}]++].push_back(ref);
  std::vector<domain::JobRef> result;
  for (const auto& [number, round] : rounds) result.insert(result.end(), round.begin(), round.end());
  return result;
}

std::vector<domain::JobRef> by_turns(const std::vector<domain::JobRef>& refs) {
  std::map<std::int16_t, std::vector<domain::JobRef>> levels;
  for (const auto& ref : refs) levels[ref.priority].push_back(ref);
  std::vector<domain::JobRef> result;  // of the less urgent so far
  for (auto level = levels.rbegin(); level != levels.rend(); ++level) {
    auto urgent = by_lanes(level->second);
    std::vector<domain::JobRef> merged;
    std::size_t next = 0;
    for (std::size_t i = 0; i < urgent.size(); ++i) {
      if (i > 0 && i % domain::urgent_in_row == 0 && next < result.size()) merged.push_back(result[next++]);
      merged.push_back(urgent[i]);
    }
    merged.insert(merged.end(), result.begin() + static_cast<std::ptrdiff_t>(next), result.end());
    result = std::move(merged);
  }
  return result;
}

}  // namespace

void Relay::notified() {
  for (auto& queue : queues_) queue.more = true;
}

bool Relay::wants_look(domain::Queue queue, bool room, Instant now) const {
  if (!room) return false;
  const auto& state = queues_[index(queue)];
  return state.more || now - state.looked >= limits_.look;
}

std::vector<domain::JobRef> Relay::looked(domain::Queue queue, std::vector<domain::JobRef> found, Instant now) {
  auto& state = queues_[index(queue)];
  state.looked = now;
  // The last eighth of a look is for the less urgent and may stay empty.
  bool full = found.size() >= static_cast<std::size_t>(limits_.scan_max - limits_.scan_max / 8);
  auto refs = by_turns(fresh(std::move(found), now));
  // With nothing new among as many as one look can carry, another look at once would find the same.
  state.more = full && !refs.empty();
  return refs;
}

std::vector<domain::JobRef> Relay::became_ready(std::vector<domain::JobRef> refs, Instant now) {
  return fresh(std::move(refs), now);
}

void Relay::returned(const std::vector<domain::JobRef>& refs) {
  for (const auto& ref : refs) offered_.erase(ref.id);
}

std::vector<domain::JobRef> Relay::fresh(std::vector<domain::JobRef> refs, Instant now) {
  forget_old(now);
  std::erase_if(refs, [&](const auto& ref) {
    auto [entry, is_new] = offered_.try_emplace(ref.id, now);
    if (!is_new && now - entry->second < limits_.again) return true;
    entry->second = now;
    return false;
  });
  return refs;
}

void Relay::forget_old(Instant now) {
  if (now - forgot_ < limits_.look) return;
  forgot_ = now;
  std::erase_if(offered_, [&](const auto& entry) { return now - entry.second >= limits_.again; });
}

}  // namespace certfleet::scheduler
