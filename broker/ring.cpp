#include "broker/ring.h"

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
  return full ? Put::displaced : Put::taken;
}

std::optional<JobRef> Ring::take(SiteId site) {
  std::int16_t priority = 0;
  SiteLane* found = next(site, priority);
  if (found == nullptr) return std::nullopt;
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
    priorities_[ref.site].insert(ref.priority);
  }
  SiteLane& lane = *site->second;
  auto [service, new_service] = lane.by_service.try_emplace(ref.service);
  if (new_service) {
    lane.services.push_back({.service = ref.service, .refs = {}});
    service->second = std::prev(lane.services.end());
  }
  return lane;
}

Ring::SiteLane* Ring::next(SiteId site, std::int16_t& priority) {
  if (levels_.empty()) return nullptr;
  if (!site) {
    priority = levels_.begin()->first;
    return &levels_.begin()->second.sites.front();
  }
  SiteLane* best = nullptr;
  for (SiteId candidate : {site, SiteId()}) {
    auto found = priorities_.find(candidate);
    if (found == priorities_.end()) continue;
    std::int16_t most_urgent = *found->second.begin();
    SiteLane* lane = &*levels_.at(most_urgent).by_site.at(candidate);
    if (best != nullptr && (most_urgent > priority || (most_urgent == priority && lane->turn > best->turn)))
      continue;
    best = lane;
    priority = most_urgent;
  }
  return best;
}

// Whoever has most waiting gives way, so that one service can't keep the others out of a full ring.
bool Ring::make_room(const JobRef& ref) {
  if (levels_.empty()) return false;
  auto& [least_urgent, level] = *levels_.rbegin();
  if (ref.priority > least_urgent) return false;
  Length longest = *level.lengths.rbegin();
  if (ref.priority == least_urgent) {
    auto site = level.by_site.find(ref.site);
    std::size_t own = 0;
    if (site != level.by_site.end()) {
      auto service = site->second->by_service.find(ref.service);
      if (service != site->second->by_service.end()) own = service->second->refs.size();
    }
    if (own + 1 >= longest.refs) return false;
  }
  remove(least_urgent, longest.site, longest.service, End::newest);
  return true;
}

JobRef Ring::remove(std::int16_t priority, SiteId site, ServiceId service, End end) {
  auto level = levels_.find(priority);
  auto site_lane = level->second.by_site.find(site);
  auto& lane = *site_lane->second;
  auto service_lane = lane.by_service.find(service);
  auto& refs = service_lane->second->refs;
  level->second.lengths.erase({refs.size(), site, service});
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
  auto priorities = priorities_.find(site);
  priorities->second.erase(priority);
  if (priorities->second.empty()) priorities_.erase(priorities);
  if (level->second.sites.empty()) levels_.erase(level);
  return ref;
}

}  // namespace certfleet::broker
