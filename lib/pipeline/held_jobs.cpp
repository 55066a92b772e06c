#include "lib/pipeline/held_jobs.h"

#include <algorithm>

namespace certfleet::pipeline {

void HeldJobs::add(domain::Job job, Instant since) {
  auto& lanes = levels_[job.priority].lanes;
  std::pair of(job.site, job.service);
  auto lane = std::find_if(lanes.begin(), lanes.end(), [&](const Lane& it) { return it.first == of; });
  if (lane == lanes.end()) lane = lanes.insert(lanes.end(), Lane(of, {}));
  lane->second.push_back({std::move(job), since});
}

std::optional<domain::Job> HeldJobs::take() {
  if (levels_.empty()) return std::nullopt;
  auto level = levels_.begin();
  for (; std::next(level) != levels_.end() && ++level->second.in_row > domain::urgent_in_row; ++level)
    level->second.in_row = 0;
  auto& lanes = level->second.lanes;
  Lane lane = std::move(lanes.front());
  lanes.pop_front();
  domain::Job job = std::move(lane.second.front().job);
  lane.second.pop_front();
  if (!lane.second.empty()) lanes.push_back(std::move(lane));
  if (lanes.empty()) levels_.erase(level);
  return job;
}

std::vector<domain::Job> HeldJobs::take_older(Instant than) {
  std::vector<domain::Job> jobs;
  for (auto& [priority, level] : levels_)
    for (auto& [of, lane] : level.lanes) {
      for (auto& held : lane)
        if (held.since < than) jobs.push_back(std::move(held.job));
      std::erase_if(lane, [&](const Held& held) { return held.since < than; });
    }
  for (auto& [priority, level] : levels_)
    std::erase_if(level.lanes, [](const Lane& lane) { return lane.second.empty(); });
  std::erase_if(levels_, [](const auto& level) { return level.second.lanes.empty(); });
  return jobs;
}

std::vector<domain::Job> HeldJobs::take_all() {
  std::vector<domain::Job> jobs;
  while (auto job = take()) jobs.push_back(std::move(*job));
  return jobs;
}

}  // namespace certfleet::pipeline
