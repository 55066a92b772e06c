#include "lib/pki/key_ring.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "lib/base/error.h"
#include "lib/base/log.h"
#include "lib/pki/sealing_key_files.h"

namespace certfleet::pki {
namespace {

// Another one after every change: a file is replaced by renaming, or written, or given to another owner.
std::string stamp_of(const std::filesystem::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) return "";
  return fmt::format("{} {} {}.{} {}.{}", info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec,
                     info.st_ctim.tv_sec, info.st_ctim.tv_nsec);
}

}  // namespace

KeyRing::KeyRing(std::vector<SealingKey> keys) : keys_(std::move(keys)) {}

KeyRing::KeyRing(std::vector<std::string> files, std::filesystem::path folder) {
  // The stamps first: a file that changes meanwhile is read again.
  for (const auto& name : files) files_.push_back({folder / name, stamp_of(folder / name)});
  take(load_sealing_keys(files, folder));
}

void KeyRing::take(std::vector<SealingKey> keys) {
  for (auto& key : keys) {
    bool held = std::any_of(keys_.begin(), keys_.end(), [&](const auto& each) { return each.id() == key.id(); });
    if (!held) keys_.push_back(std::move(key));
  }
}

void KeyRing::refresh_locked() {
  for (auto& file : files_) {
    auto stamp = stamp_of(file.path);
    if (stamp == file.stamp) continue;
    file.stamp = stamp;
    try {
      take(load_sealing_key_file(file.path));
      log::info("{}: read again; {} sealing keys are held", file.path.string(), keys_.size());
    } catch (const Failure& failure) {
      log::warn("sealing keys: {}", failure.what());
    }
  }
}

void KeyRing::refresh() {
  std::lock_guard lock(mutex_);
  refresh_locked();
}

std::vector<std::string> KeyRing::ids() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> ids;
  for (const auto& key : keys_) ids.push_back(key.id());
  std::sort(ids.begin(), ids.end());
  return ids;
}

bool KeyRing::holds(std::string_view box) const {
  auto id = sealing_key_id(box);
  return std::any_of(keys_.begin(), keys_.end(), [&](const auto& each) { return each.id() == id; });
}

Secret KeyRing::open(std::string_view purpose, std::string_view box) {
  std::lock_guard lock(mutex_);
  if (!holds(box)) refresh_locked();
  return pki::open(keys_, purpose, box);
}

std::string KeyRing::reseal(const SealingPublicKey& to, std::string_view box) {
  std::lock_guard lock(mutex_);
  if (!holds(box)) refresh_locked();
  return pki::reseal(keys_, to, box);
}

}  // namespace certfleet::pki
