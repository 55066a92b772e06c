#include "tests/faults/wrong_clock.h"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace certfleet::faults {
namespace {

// In Debian's folder of this machine's kind: /usr/lib/x86_64-linux-gnu/faketime.
std::string library() {
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib")) {
    auto file = entry.path() / "faketime" / "libfaketimeMT.so.1";
    std::error_code error;
    if (std::filesystem::exists(file, error)) return file;
  }
  throw std::runtime_error("libfaketime is not installed (scripts/bootstrap installs it)");
}

}  // namespace

std::map<std::string, std::string> wrong_clock(const std::string& by) {
  // A program built with the address sanitizer wants its library first, but can't start before this one if it is.
  const char* given = std::getenv("ASAN_OPTIONS");
  auto asan = std::string(given == nullptr ? "" : given) + ":verify_asan_link_order=0";
  // Clocks that are set do not turn the monotonic one.
  return {{"LD_PRELOAD", library()}, {"FAKETIME", by}, {"FAKETIME_DONT_FAKE_MONOTONIC", "1"}, {"ASAN_OPTIONS", asan}};
}

}  // namespace certfleet::faults
