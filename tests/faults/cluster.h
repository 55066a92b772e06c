// A PostgreSQL cluster of a test's own, whose server can be stopped, killed and started again. It waits for
// its disk (fsync), so that what it has acknowledged must be there afterwards.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace certfleet::faults {

class Cluster {
 public:
  struct Options {
    std::map<std::string, std::string> settings{};  // after the others: {"max_connections", "50"}
    // Puts the data on a disk of its own of so many MB, in a private mount namespace (as root only). 0: no.
    int disk_mb = 0;
    // A template (house_template.h) whose data it begins with; none: an empty cluster.
    std::filesystem::path copy_of{};
  };
  // Makes the cluster and starts its server.
  explicit Cluster(const Options& options);
  // One that follows this one, which from now on acknowledges no commit that is not on the standby's disk too.
  std::unique_ptr<Cluster> standby() const;
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  unsigned short port() const { return port_; }
  std::filesystem::path data() const { return seen(folder_ / "server" / "data"); }
  // As the superuser over the socket, where nobody cuts the link. Without a database.
  std::string dsn() const;
  // The same over TCP with a password.
  std::string tcp_dsn() const;

  // Returns when the server answers; starting one that runs does nothing.
  void start();
  // False if it did not come up within `limit`, or ended while it started (its disk is full).
  bool try_start(std::chrono::milliseconds limit);
  // SIGQUIT: no checkpoint, sessions are dropped; the next start recovers.
  void stop_immediately();
  // SIGINT: sessions are ended, then a checkpoint.
  void stop_fast();
  void restart_immediately();
  // A standby becomes a primary of its own; returns when it writes.
  void promote();
  bool runs() const { return server_ != nullptr && server_->running(); }

  // The processes of the sessions whose application_name begins so.
  std::vector<pid_t> backends(const std::string& application) const;

  bool has_own_disk() const { return disk_ != nullptr; }
  // Fills it to the last byte. What the log and the tables already have they still have.
  void fill_disk();
  // Writes the log until it finds no more room on the full disk, at which the server ends.
  void use_up_log();
  // Gives the room back, and starts the server if it has ended for want of it.
  void free_disk();

  // One statement as the superuser; the first column of the first row.
  std::string sql(const std::string& database, const std::string& statement) const;
  std::string log() const;

 private:
  explicit Cluster(std::map<std::string, std::string> settings);
  void make_place();
  std::vector<std::string> as_server(std::vector<std::string> argv) const;
  std::filesystem::path seen(const std::filesystem::path& path) const;

  testing::TempDir folder_{"cluster"};
  std::map<std::string, std::string> settings_;
  std::string bin_;
  unsigned short port_ = 0;
  std::unique_ptr<testing::Process> disk_;  // holds the mount namespace
  std::unique_ptr<testing::Process> server_;
};

}  // namespace certfleet::faults
