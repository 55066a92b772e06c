// The configuration files that `certfleet init` writes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "admin-cli/installation.h"

namespace certfleet::cli {

// "tcp://host:9020 KEY" of each broker: what its peers need.
std::vector<std::string> broker_lines(const InitPlan& plan,
                                      const std::map<std::string, std::string>& curve_keys);

std::string daemon_toml(const InitPlan& plan, const DaemonInfo& daemon,
                        const std::vector<std::string>& brokers);
std::string command_toml(const InitPlan& plan, const std::vector<std::string>& brokers);
// The same for others, who log in.
std::string client_toml(const InitPlan& plan, const std::vector<std::string>& brokers);

}  // namespace certfleet::cli
