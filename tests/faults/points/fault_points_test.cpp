// The points themselves: where they are, and where they are not.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>

#include "lib/base/file.h"

namespace certfleet::faults {
namespace {

namespace fs = std::filesystem;

// The names of all points in the sources of the product.
std::set<std::string> points_of_the_sources() {
  std::set<std::string> points;
  std::regex point("FAULT_POINT\\(\"([a-z_.]+)\"\\)");
  for (const char* folder : {"lib", "workers", "producers", "broker", "admin-cli"})
    for (const auto& file : fs::recursive_directory_iterator(fs::path(CERTFLEET_SOURCE) / folder)) {
      if (file.path().extension() != ".cpp") continue;
      auto text = read_file(file.path());
      for (std::sregex_iterator hit(text.begin(), text.end(), point), end; hit != end; ++hit)
        points.insert((*hit)[1]);
    }
  return points;
}

std::vector<fs::path> programs(const fs::path& folder, const std::string& prefix) {
  std::vector<fs::path> found;
  for (const auto& file : fs::directory_iterator(folder))
    if (file.path().filename().string().starts_with(prefix)) found.push_back(file.path());
  return found;
}

TEST(FaultPoints, a_released_program_has_no_trace_of_them) {
  auto points = points_of_the_sources();
  EXPECT_GE(points.size(), 30U);
  auto all = programs(CERTFLEET_BIN, "certfleet");
  EXPECT_GE(all.size(), 8U);
  for (const auto& program : all) {
    auto bytes = read_file(program);
    for (const char* trace : {"CERTFLEET_FAULTS", "fault_point"})
      EXPECT_EQ(bytes.find(trace), std::string::npos) << program << " has " << trace;
    for (const auto& point : points)
      EXPECT_EQ(bytes.find(std::string(1, '\0') + point + '\0'), std::string::npos) << program << " has " << point;
  }
}

TEST(FaultPoints, every_point_of_the_sources_is_in_a_twin) {
  std::string twins;
  for (const auto& twin : programs(CERTFLEET_TWINS, "certfleet")) twins += read_file(twin);
  for (const auto& point : points_of_the_sources())
    EXPECT_NE(twins.find(point + '\0'), std::string::npos) << point << ": is its file compiled for a twin?";
}

TEST(FaultPoints, every_point_of_the_sources_is_in_a_test_and_in_the_list) {
  std::string tests;
  for (const auto& file : fs::recursive_directory_iterator(fs::path(CERTFLEET_SOURCE) / "tests/faults"))
    if (file.path().extension() == ".cpp") tests += read_file(file.path());
  auto list = read_file(fs::path(CERTFLEET_SOURCE) / "docs/faults.md");
  for (const auto& point : points_of_the_sources()) {
    EXPECT_NE(tests.find(fmt::format("\"{}\"", point)), std::string::npos) << point << " is in no test";
    EXPECT_NE(list.find(fmt::format("`{}`", point)), std::string::npos) << point << " is not in docs/faults.md";
  }
}

}  // namespace
}  // namespace certfleet::faults
