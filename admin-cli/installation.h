// What an installation consists of: its daemons, their keys, their files. `certfleet init` makes it,
// `certfleet dev` starts it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lib/domain/queue.h"
#include "lib/store/peers.h"

namespace certfleet::cli {

struct DaemonInfo {
  std::string name;        // "worker-csr": of its files, and as which it is enrolled
  std::string executable;  // "certfleet-worker-csr"
  std::string database_role;
  store::peers::Role role = store::peers::Role::worker;
  std::optional<domain::Queue> queue;
  std::string listen;  // of a broker: where its peers find it, "host:port"
  bool opens_secrets = false;
};

// The scheduler, the brokers ("broker", or "broker-1" … for several addresses) and a worker of each kind.
std::vector<DaemonInfo> daemons_of(const std::vector<std::string>& broker_addresses);

struct InitPlan {
  std::string owner_dsn;
  std::filesystem::path directory;
  std::string company, site, group, admin;
  std::string time_zone = "UTC";
  std::string language = "ja";
  std::vector<std::string> brokers;  // host:port
  std::string http01_listen = "0.0.0.0:80";
};

// The file of a daemon in the directory: "worker-csr" and ".curve", ".pgpass" or ".toml".
std::filesystem::path file_of(const InitPlan& plan, const std::string& daemon, const char* ending);
std::filesystem::path sealing_key_file(const InitPlan& plan);

}  // namespace certfleet::cli
