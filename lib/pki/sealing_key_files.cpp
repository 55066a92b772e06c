#include "lib/pki/sealing_key_files.h"

#include <fmt/format.h>

#include "lib/base/error.h"
#include "lib/base/file.h"

namespace certfleet::pki {

std::vector<SealingKey> load_sealing_keys(const std::vector<std::string>& files,
                                          const std::filesystem::path& folder) {
  if (files.empty()) throw Failure(Fault::usage,
                  Text{"sealing.key_files: 1 つ以上指定してください", "sealing.key_files: name at least one"});
  std::vector<SealingKey> keys;
  for (const auto& name : files) {
    auto file = folder / name;  // an absolute name stays as it is
    require_private(file);
    try {
      keys.push_back(SealingKey::from_file_text(Secret(read_file(file))));
    } catch (const Failure& failure) {
      throw Failure(Fault::usage, Text{"{}: {}", "{}: {}"}, file.string(), failure.text());
    }
  }
  return keys;
}

}  // namespace certfleet::pki
