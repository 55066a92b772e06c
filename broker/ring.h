// The offers of one queue that wait in memory for a worker with credit: a bounded, fair, forgetful buffer.
// What it drops is no loss: the row is still ready, and the scheduler offers it again.
#pragma once

#include <list>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "lib/base/clock.h"
#include "lib/domain/job.h"

namespace certfleet::broker {

using domain::JobRef;

class Ring {
 public:
  explicit Ring(std::size_t refs_max) : refs_max_(refs_max) {}

  enum class Put {
    taken,
    displaced,  // taken, and the newest offer of whoever has most at the priority that gives way dropped for it
    duplicate,  // already here
    full,       // dropped: nobody here is less urgent, or as urgent with more waiting
  };
  // When full the least urgent give way, but not the last eighth of the room: who comes in at no time gets no
  // turns.
  Put put(const JobRef& ref, Instant now);

  // The next for a worker of `site`, which takes the jobs of its site and of none; for a worker without a
  // site the next of all. The most urgent first, but after domain::urgent_in_row that workers of a site got of
  // one priority, while less urgent ones waited for them, one of these. Of one priority the sites take turns,
  // in a site its services, and in a service the oldest comes first.
  std::optional<JobRef> take(SiteId site);

  // Drops what came before `before`; returns how many.
  std::size_t expire(Instant before);

  std::size_t size() const { return waiting_.size(); }
  std::size_t room() const { return refs_max_ - size(); }

 private:
  struct Entry {
    JobRef ref;
    Instant at;
  };
  using Age = std::list<Entry>;  // oldest first

  struct ServiceLane {
    ServiceId service;
    std::list<Age::iterator> refs;  // oldest first
  };
  struct SiteLane {
    SiteId site;
    std::uint64_t turn = 0;           // when it was last served
    std::list<ServiceLane> services;  // the next to be served first
    std::unordered_map<ServiceId, std::list<ServiceLane>::iterator> by_service;
  };
  struct Length {
    std::size_t refs;
    SiteId site;
    ServiceId service;
    auto operator<=>(const Length&) const = default;
  };
  struct Level {                // of one priority
    std::list<SiteLane> sites;  // the next to be served first
    std::unordered_map<SiteId, std::list<SiteLane>::iterator> by_site;
    std::set<Length> lengths;  // of all service lanes
    std::size_t size = 0;
  };
  using Levels = std::map<std::int16_t, Level>;
  enum class End { oldest, newest };

  using Runs = std::map<std::int16_t, int>;  // by priority: how many in a row, with less urgent ones waiting
  struct OfSite {
    std::set<std::int16_t> priorities;  // of its offers
    Runs runs;                          // of its workers
  };

  SiteLane& lane(Level& level, const JobRef& ref);
  SiteLane* next(SiteId site, std::int16_t priority);
  std::vector<std::int16_t> priorities_for(SiteId site) const;
  Runs& runs_of(SiteId site);
  std::int16_t choose(const std::vector<std::int16_t>& waiting, Runs& runs) const;
  bool make_room(const JobRef& ref);
  bool has_fewer(const JobRef& ref, const Level& level) const;
  std::size_t after(Levels::const_iterator level) const;
  Levels::iterator giving_way(Levels::iterator level, std::size_t room);
  JobRef remove(std::int16_t priority, SiteId site, ServiceId service, End end);

  std::size_t refs_max_;
  std::uint64_t turn_ = 0;
  Age age_;
  std::unordered_set<JobId> waiting_;
  Levels levels_;                             // none empty
  std::unordered_map<SiteId, OfSite> sites_;  // that have offers
  Runs runs_of_any_;                          // of the workers without a site
  Runs runs_of_others_;  // of the workers whose sites have no offers: they all take the same ones
};

}  // namespace certfleet::broker
