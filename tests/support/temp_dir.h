// A folder that lives as long as this object.
#pragma once

#include <filesystem>
#include <string_view>

namespace certfleet::testing {

class TempDir {
 public:
  // Made under TMPDIR (else /tmp). Others may pass through it but not list it: a server that runs as
  // another user must reach its own files below. What is secret below needs its own mode.
  explicit TempDir(std::string_view name = "test");
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace certfleet::testing
