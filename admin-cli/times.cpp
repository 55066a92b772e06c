#include "admin-cli/times.h"

#include <fmt/format.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <regex>

#include "lib/base/error.h"

namespace certfleet::cli {
namespace {

[[noreturn]] void refuse(std::string_view text, const Text& why) {
  throw Failure(Fault::usage,
                Text{"{}: {} (例 \"2026-12-01 03:00\")", "{}: {}, for example \"2026-12-01 03:00\""}, text, why);
}

bool same_moment(const std::tm& a, const std::tm& b) {
  return a.tm_year == b.tm_year && a.tm_mon == b.tm_mon && a.tm_mday == b.tm_mday && a.tm_hour == b.tm_hour &&
         a.tm_min == b.tm_min && a.tm_sec == b.tm_sec;
}

// The zone behind the time, in seconds east of Greenwich.
int offset_of(const std::string& zone) {
  if (zone == "Z") return 0;
  int hours = std::stoi(zone.substr(1, 2));
  int minutes = std::stoi(zone.substr(zone.size() - 2));
  return (zone[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
}

}  // namespace

void use_zone(const std::string& zone) {
  bool known = !zone.empty() && zone.find("..") == std::string::npos &&
               std::filesystem::is_regular_file("/usr/share/zoneinfo/" + zone);
  if (!known && zone != "UTC") throw Failure(Fault::usage, Text{"{} というタイムゾーンはありません", "unknown time zone {}"}, zone);
  ::setenv("TZ", known ? (":" + zone).c_str() : "UTC0", 1);
  ::tzset();
}

WallTime parse_time(std::string_view text) {
  static const std::regex form(R"((\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::(\d\d))?\s*(Z|[+-]\d\d:?\d\d)?)");
  std::match_results<std::string_view::const_iterator> parts;
  if (!std::regex_match(text.begin(), text.end(), parts, form)) refuse(text, {"日時ではありません", "not a time"});
  auto number = [&](std::size_t i) { return parts[i].matched ? std::stoi(parts[i].str()) : 0; };
  std::tm given{};
  given.tm_year = number(1) - 1900;
  given.tm_mon = number(2) - 1;
  given.tm_mday = number(3);
  given.tm_hour = number(4);
  given.tm_min = number(5);
  given.tm_sec = number(6);
  given.tm_isdst = -1;
  std::tm checked = given;
  // Both conversions carry what is too large over into the next field: what changed did not exist.
  std::time_t seconds = parts[7].matched ? ::timegm(&checked) : std::mktime(&checked);
  if (!same_moment(given, checked)) refuse(text, {"そのような日時はありません", "there is no such time"});
  if (parts[7].matched) seconds -= offset_of(parts[7].str());
  return std::chrono::system_clock::from_time_t(seconds);
}

std::string local_time(WallTime time) {
  std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string iso_utc(WallTime time) {
  std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

}  // namespace certfleet::cli
