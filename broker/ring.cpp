#include "broker/ring.h"

#include <algorithm>
#include <iterator>

#include "lib/base/error.h"

namespace certfleet::broker {

Ring::Put Ring::put(const JobRef& ref, Instant now) {
  if (waiting_.contains(ref.id)) return Put::duplicate;
  bool full = size() >= refs_max_;
  if (full && !make_room(ref)) return Put::full;
  CERTFLEET_INVARIANT(age_.empty() || age_.back().at <= now, "time in a ring");
  waiting_.insert(ref.id);
  age_.push_back({ref, now});
  Level& level = levels_[ref.priority];
  SiteLane& site = lane(level, ref);
  auto& service = *site.by_service.at(ref.service);
  if (!service.refs.empty()) level.lengths.erase({service.refs.size(), ref.site, ref.service});
  service.refs.push_back(std::prev(age_.end()));
  level.lengths.insert({service.refs.size(), ref.site, ref.service});
  ++level.size;
  return full ? Put::displaced : Put::taken;
}

std::optional<JobRef> Ring::take(SiteId site) {
  auto waiting = priorities_for(site);
  if (waiting.empty()) return std::nullopt;
  std::int16_t priority = choose(waiting, runs_of(site));
  SiteLane* found = next(site, priority);
  // Its turn is over: to the end, before an emptied lane goes.
  Level& level = levels_.at(priority);
  found->turn = ++turn_;
  SiteId served = found->site;
  level.sites.splice(level.sites.end(), level.sites, level.by_site.at(served));
  found->services.splice(found->services.end(), found->services, found->services.begin());
  return remove(priority, served, found->services.back().service, End::oldest);
}

std::size_t Ring::expire(Instant before) {
  std::size_t dropped = 0;
  for (; !age_.empty() && age_.front().at < before; ++dropped) {
    // The oldest of all is the oldest of its lane.
    JobRef ref = age_.front().ref;
    remove(ref.priority, ref.site, ref.service, End::oldest);
  }
  return dropped;
}

// The lane of the reference's site, with one for its service in it.
Ring::SiteLane& Ring::lane(Level& level, const JobRef& ref) {
  auto [site, new_site] = level.by_site.try_emplace(ref.site);
  if (new_site) {
    level.sites.push_back({.site = ref.site, .turn = ++turn_, .services = {}, .by_service = {}});
    site->second = std::prev(level.sites.end());
    sites_[ref.site].priorities.insert(ref.priority);
  }
  SiteLane& lane = *site->second;
  auto [service, new_service] = lane.by_service.try_emplace(ref.service);
  if (new_service) {
    lane.services.push_back({.service = ref.service, .refs = {}});
    service->second = std::prev(lane.services.end());
  }
  return lane;
}

// Of what a worker of the site may take, the most urgent first.
std::vector<std::int16_t> Ring::priorities_for(SiteId site) const {
  std::vector<std::int16_t> found;
  if (!site) {
    for (const auto& [priority, level] : levels_) found.push_back(priority);
    return found;
  }
  static const std::set<std::int16_t> none;
  auto of = [&](SiteId wanted) -> const std::set<std::int16_t>& {
    auto it = sites_.find(wanted);
    return it == sites_.end() ? none : it->second.priorities;
  };
  std::ranges::set_union(of(site), of(SiteId()), std::back_inserter(found));
  return found;
}

// Workers that may take different offers count apart: else the turns of one site's workers for the less urgent
// could all fall to another's.
Ring::Runs& Ring::runs_of(SiteId site) {
  if (!site) return runs_of_any_;
  auto found = sites_.find(site);
  return found == sites_.end() ? runs_of_others_ : found->second.runs;
}

std::int16_t Ring::choose(const std::vector<std::int16_t>& waiting, Runs& runs) const {
  if (runs.size() > levels_.size())
    std::erase_if(runs, [&](const auto& run) { return !levels_.contains(run.first); });
  for (std::size_t i = 0; i + 1 < waiting.size(); ++i) {
    int& run = runs[waiting[i]];
    if (++run <= domain::urgent_in_row) return waiting[i];
    run = 0;
  }
  return waiting.back();
}

// Of this priority, which has an offer for the site.
Ring::SiteLane* Ring::next(SiteId site, std::int16_t priority) {
  Level& level = levels_.at(priority);
  if (!site) return &level.sites.front();
  SiteLane* best = nullptr;
  for (SiteId candidate : {site, SiteId()}) {
    auto lane = level.by_site.find(candidate);
    if (lane != level.by_site.end() && (best == nullptr || lane->second->turn < best->turn)) best = &*lane->second;
  }
  return best;
}

// Whoever has most waiting gives way, so that one service can't keep the others out of a full ring.
bool Ring::make_room(const JobRef& ref) {
  std::size_t room = refs_max_;
  auto level = levels_.begin();
  for (; level != levels_.end() && level->first < ref.priority; ++level) {
    if (after(level) < room / 8) break;  // the less urgent, as this one is, have not all of their room
    room /= 8;
  }
  if (level == levels_.end()) return false;
  auto victim = level->first < ref.priority ? level : giving_way(level, room);
  if (victim->first == ref.priority && !has_fewer(ref, victim->second)) return false;
  Length longest = *victim->second.lengths.rbegin();
  remove(victim->first, longest.site, longest.service, End::newest);
  return true;
}

// Whether the reference's service would still have fewer here than the one that has most.
bool Ring::has_fewer(const JobRef& ref, const Level& level) const {
  std::size_t own = 0;
  if (auto site = level.by_site.find(ref.site); site != level.by_site.end())
    if (auto service = site->second->by_service.find(ref.service); service != site->second->by_service.end())
      own = service->second->refs.size();
  return own + 1 < level.lengths.rbegin()->refs;
}

// How many there are that are less urgent.
std::size_t Ring::after(Levels::const_iterator level) const {
  std::size_t refs = 0;
  while (++level != levels_.end()) refs += level->second.size;
  return refs;
}

// The least urgent, from `level` on, whose more urgent ones leave it more than their eighth of `room`.
Ring::Levels::iterator Ring::giving_way(Levels::iterator level, std::size_t room) {
  for (; after(level) > room / 8; ++level) room /= 8;
  return level;
}

JobRef Ring::remove(std::int16_t priority, SiteId site, ServiceId service, End end) {
  auto level = levels_.find(priority);
  auto site_lane = level->second.by_site.find(site);
  auto& lane = *site_lane->second;
  auto service_lane = lane.by_service.find(service);
  auto& refs = service_lane->second->refs;
  level->second.lengths.erase({refs.size(), site, service});
  --level->second.size;
  auto entry = end == End::oldest ? refs.front() : refs.back();
  end == End::oldest ? refs.pop_front() : refs.pop_back();
  JobRef ref = entry->ref;
  waiting_.erase(ref.id);
  age_.erase(entry);
  if (!refs.empty()) {
    level->second.lengths.insert({refs.size(), site, service});
    return ref;
  }
  lane.services.erase(service_lane->second);
  lane.by_service.erase(service_lane);
  if (!lane.services.empty()) return ref;
  level->second.sites.erase(site_lane->second);
  level->second.by_site.erase(site_lane);
  auto of_site = sites_.find(site);
  of_site->second.priorities.erase(priority);
  if (of_site->second.priorities.empty()) sites_.erase(of_site);
  if (level->second.sites.empty()) levels_.erase(level);
  return ref;
}

}  // namespace certfleet::broker
