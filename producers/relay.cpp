#include "producers/relay.h"

namespace certfleet::scheduler {
namespace {

std::size_t index(domain::Queue queue) { return static_cast<std::size_t>(queue); }

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
  bool full = found.size() >= static_cast<std::size_t>(limits_.scan_max);
  auto refs = fresh(std::move(found), now);
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
