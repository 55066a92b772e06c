#include "lib/pki/sealing_key_files.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lib/base/error.h"
#include "lib/base/file.h"

namespace certfleet::pki {
namespace {

constexpr unsigned private_mode = 0600;

}  // namespace

std::vector<SealingKey> load_sealing_key_file(const std::filesystem::path& file) {
  require_private(file);
  try {
    return SealingKey::all_from_file_text(Secret(read_file(file)));
  } catch (const Failure& failure) {
    std::string_view what = failure.what();
    if (what.find(file.string()) != std::string_view::npos) throw;
    throw Failure(Fault::usage, Text{"{}: {}", "{}: {}"}, file.string(), failure.text());
  }
}

std::vector<SealingKey> load_sealing_keys(const std::vector<std::string>& files,
                                          const std::filesystem::path& folder) {
  if (files.empty())
    throw Failure(Fault::usage,
                  Text{"sealing.key_files: 1 つ以上指定してください", "sealing.key_files: name at least one"});
  std::vector<SealingKey> keys;
  for (const auto& name : files)
    for (auto& key : load_sealing_key_file(folder / name)) keys.push_back(std::move(key));  // an absolute name stays
  return keys;
}

void add_to_key_file(const std::filesystem::path& file, const SealingKey& key) {
  struct stat info {};
  bool there = ::stat(file.c_str(), &info) == 0;
  std::string text;
  if (there) {
    for (const auto& held : load_sealing_key_file(file)) {
      if (held.id() == key.id()) return;
      text.append(held.to_file_text().view());
    }
  }
  text.append(key.to_file_text().view());
  Secret content(std::move(text));
  write_file(file, content.view(), private_mode);
  // The workers' user goes on reading it, whoever adds the key.
  if (there && (info.st_uid != ::geteuid() || info.st_gid != ::getegid()) &&
      ::chown(file.c_str(), info.st_uid, info.st_gid) != 0)
    throw Failure(Fault::permanent,
                  fmt::format("{}: its owner can't be kept: {}", file.string(), std::strerror(errno)));
}

}  // namespace certfleet::pki
