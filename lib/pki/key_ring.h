// The sealing keys that a running process holds. Its key files may get further keys while it runs: they are read
// again when they have changed, so that the sealing key is rotated with no stop (docs/sealing-keys.md).
#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "lib/pki/sealed_box.h"

namespace certfleet::pki {

// Safe from any thread. A key once held is held until the process ends: what it was handed to open stays openable.
class KeyRing {
 public:
  // These, and no files.
  explicit KeyRing(std::vector<SealingKey> keys);
  // Failure(usage) as of load_sealing_keys().
  KeyRing(std::vector<std::string> files, std::filesystem::path folder);

  // Reads again the files that have changed. One that can't be read is told of in the log and left for the next
  // time.
  void refresh();
  std::vector<std::string> ids() const;  // sorted

  // As pki::open and pki::reseal with all keys; the files are read again before a key counts as missing.
  Secret open(std::string_view purpose, std::string_view box);
  std::string reseal(const SealingPublicKey& to, std::string_view box);

 private:
  struct File {
    std::filesystem::path path;
    std::string stamp;  // changes with the file
  };
  bool holds(std::string_view box) const;
  void take(std::vector<SealingKey> keys);
  void refresh_locked();

  mutable std::mutex mutex_;  // guards all below
  std::vector<SealingKey> keys_;
  std::vector<File> files_;
};

}  // namespace certfleet::pki
