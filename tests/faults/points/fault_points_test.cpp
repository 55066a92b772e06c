// The points themselves: where they are, and where they are not.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include "lib/base/file.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

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

// A program without what it holds for debuggers, such as the names of all its sources: of any size.
std::string stripped(const fs::path& program) {
  testing::TempDir folder("stripped");
  auto copy = folder / "program";
  auto ran = testing::run({"strip", "--strip-debug", "-o", copy.string(), program.string()});
  if (ran.exit_code != 0) throw std::runtime_error(ran.err);
  std::ifstream file(copy, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// What stands between two zeros and looks like the name of a point.
std::set<std::string> literals(std::string_view bytes) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz_.";
  std::set<std::string> found;
  for (auto dot = bytes.find('.'); dot != bytes.npos; dot = bytes.find('.', dot + 1)) {
    auto begin = bytes.find_last_not_of(letters, dot) + 1;
    auto end = bytes.find_first_not_of(letters, dot);
    if (begin == 0 || end == bytes.npos || bytes[begin - 1] != '\0' || bytes[end] != '\0') continue;
    found.emplace(bytes.substr(begin, end - begin));
  }
  return found;
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
    auto bytes = stripped(program);
    for (const char* trace : {"CERTFLEET_FAULTS", "fault_point"})
      EXPECT_EQ(bytes.find(trace), std::string::npos) << program << " has " << trace;
    auto words = literals(bytes);
    for (const auto& point : points) EXPECT_FALSE(words.contains(point)) << program << " has " << point;
  }
}

TEST(FaultPoints, every_point_of_the_sources_is_in_a_twin) {
  std::set<std::string> words;
  for (const auto& twin : programs(CERTFLEET_TWINS, "certfleet")) words.merge(literals(stripped(twin)));
  for (const auto& point : points_of_the_sources()) {
    // A linker may let a literal be the end of another one.
    bool there = std::any_of(words.begin(), words.end(), [&](const auto& word) { return word.ends_with(point); });
    EXPECT_TRUE(there) << point << ": is its file compiled for a twin?";
  }
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
