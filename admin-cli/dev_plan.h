// Where `certfleet dev` keeps its things, and on which ports: chosen at the first run, kept from then on.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace certfleet::cli {

struct DevOptions {
  std::optional<std::string> directory;
  std::optional<int> brokers;      // how many
  std::optional<int> broker_port;  // of the first; the others take what is free behind it
  std::optional<int> postgres_port;
  std::optional<std::string> http01;
  std::string company = "certfleet dev", site = "main", group = "main", admin = "admin@example.com";
  std::string time_zone = "UTC";
  std::optional<std::string> language;
};

struct DevPlan {
  std::filesystem::path directory;
  int postgres_port = 0;
  std::vector<std::string> brokers;  // 127.0.0.1:9020 …
  std::string http01;

  std::filesystem::path config_directory() const { return directory / "config"; }
};

// The plan of this directory, or a new one with free ports. Failure(conflict) if options ask for something
// else than what is there, or if a port of the plan is in use by another program.
DevPlan plan_dev(const DevOptions& options);

// Held as long as this object: one `certfleet dev` in a directory. Failure(conflict).
class DevLock {
 public:
  explicit DevLock(const std::filesystem::path& directory);
  ~DevLock();
  DevLock(const DevLock&) = delete;
  DevLock& operator=(const DevLock&) = delete;

 private:
  int fd_ = -1;
};

// Makes the directory if it is not there; "" is ~/.local/state/certfleet-dev.
std::filesystem::path dev_directory(const std::optional<std::string>& given);

}  // namespace certfleet::cli
