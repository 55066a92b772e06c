// The private halves of the sealing keys, as files on the workers' hosts.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lib/pki/sealed_box.h"

namespace certfleet::pki {

// Relative paths count from `folder`. Failure(usage) naming the file if one can't be read, can be read by
// others than its owner, or is no key file; also if none is named.
std::vector<SealingKey> load_sealing_keys(const std::vector<std::string>& files,
                                          const std::filesystem::path& folder);

// Those of one file.
std::vector<SealingKey> load_sealing_key_file(const std::filesystem::path& file);

// Adds a key to a file, which is made if it is not there; one that holds the key stays as it is. The file is old or
// new, never torn, and keeps its owner. Failure as above, and (permanent) if it can't be written.
void add_to_key_file(const std::filesystem::path& file, const SealingKey& key);

}  // namespace certfleet::pki
