#include "admin-cli/installation.h"

#include <fmt/format.h>

namespace certfleet::cli {

std::vector<DaemonInfo> daemons_of(const std::vector<std::string>& broker_addresses) {
  using store::peers::Role;
  std::vector<DaemonInfo> daemons;
  int number = 0;
  for (const auto& address : broker_addresses) {
    ++number;
    auto name = broker_addresses.size() == 1 ? std::string("broker") : fmt::format("broker-{}", number);
    daemons.push_back(
        {name, "certfleet-broker", "certfleet_broker", Role::broker, std::nullopt, address, false});
  }
  daemons.push_back(
      {"scheduler", "certfleet-scheduler", "certfleet_scheduler", Role::scheduler, std::nullopt, "", false});
  for (auto queue : domain::all_queues) {
    std::string word(to_string(queue));
    // Those that log in somewhere with what was sealed. The csr worker only seals.
    bool opens =
        queue == domain::Queue::order || queue == domain::Queue::apply || queue == domain::Queue::mail;
    daemons.push_back(
        {"worker-" + word, "certfleet-worker-" + word, "certfleet_" + word, Role::worker, queue, "", opens});
  }
  return daemons;
}

std::filesystem::path file_of(const InitPlan& plan, const std::string& daemon, const char* ending) {
  return plan.directory / (daemon + ending);
}

std::filesystem::path sealing_key_file(const InitPlan& plan) {
  return plan.directory / "sealing.key";
}

}  // namespace certfleet::cli
