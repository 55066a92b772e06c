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

}  // namespace certfleet::pki
