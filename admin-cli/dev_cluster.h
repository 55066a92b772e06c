// The private PostgreSQL cluster of `certfleet dev`: made with initdb, reached over loopback with passwords
// only.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "admin-cli/dev_children.h"
#include "admin-cli/dev_spawn.h"

namespace certfleet::cli {

class DevCluster {
 public:
  // `directory`: of certfleet dev. As root the cluster belongs to the user postgres, else nobody; if that
  // user can't reach the directory, the cluster lives under /var/tmp. Failure(usage) if PostgreSQL is not
  // installed.
  DevCluster(const std::filesystem::path& directory, int port);

  // Runs initdb unless it has been done.
  void ensure();
  ChildSpec child() const;
  // As its owner. Without a database name: "postgres".
  std::string dsn(const std::string& database) const;
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path data() const { return folder_ / "data"; }

  std::filesystem::path bin_;
  std::filesystem::path passfile_;
  std::filesystem::path folder_;
  int port_;
  std::optional<User> user_;
};

}  // namespace certfleet::cli
