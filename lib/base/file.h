// Whole small files, with the care that key files need.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace certfleet {

// Failure(usage) naming the file if it can't be read or is larger than `bytes_max`.
std::string read_file(const std::filesystem::path& file, std::size_t bytes_max = 16U << 20U);

// Writes to a temporary name, fsyncs, renames: the file is old or new, never torn. `mode` as in chmod.
// Failure(permanent) naming the file.
void write_file(const std::filesystem::path& file, std::string_view content, unsigned mode);

// Failure(usage) if the file can be read by anyone but its owner: a private key that others can read is none.
void require_private(const std::filesystem::path& file);

}  // namespace certfleet
