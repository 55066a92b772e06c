#include "lib/domain/cron.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <charconv>
#include <span>

#include "lib/domain/check_text.h"

namespace certfleet::domain {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

constexpr std::size_t text_bytes_max = 256;  // each minute of an hour, written out, has 169
// A leap day that is a certain day of the week is at most 40 years away (over 2100, which is no leap year).
constexpr days search_max{41 * 366};

constexpr std::array<std::string_view, 12> month_names = {"jan", "feb", "mar", "apr", "may", "jun",
                                                          "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> weekday_names = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct Field {
  Text name;
  int lowest;
  int highest;
  std::span<const std::string_view> names;  // the first one is `lowest`
};
const std::array<Field, 5> fields = {
    Field{{"分", "minute"}, 0, 59, {}},
    Field{{"時", "hour"}, 0, 23, {}},
    Field{{"日", "day of month"}, 1, 31, {}},
    Field{{"月", "month"}, 1, 12, month_names},
    Field{{"曜日", "day of week"}, 0, 7, weekday_names},
};

template <class... Arguments>
[[noreturn]] void refuse_time(std::string_view text, const Text& why, const Arguments&... arguments) {
  refuse({"日時", "set time"}, {"\"{}\": {}", "\"{}\": {}"}, text, saying(why, arguments...));
}

int number(const Field& field, std::string_view word, int lowest, int highest) {
  for (std::size_t i = 0; i < field.names.size(); ++i)
    if (field.names[i] == word) return field.lowest + static_cast<int>(i);
  int value = -1;
  auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size() || value < lowest || value > highest)
    refuse_time(word, {"{}は {} から {} までです", "{}: {} to {} are allowed"}, field.name, lowest, highest);
  return value;
}

// "*", "5", "mon", "9-17", each of the wider ones with "/2".
std::uint64_t item(const Field& field, std::string_view text) {
  auto slash = text.find('/');
  auto range = text.substr(0, slash);
  auto dash = range.find('-');
  int first = field.lowest;
  int last = field.highest;
  if (range != "*") {
    first = number(field, range.substr(0, dash), field.lowest, field.highest);
    last = dash == std::string_view::npos ? first : number(field, range.substr(dash + 1), field.lowest, field.highest);
  }
  if (last < first) refuse_time(text, {"{}の範囲が逆です", "{}: the range runs backwards"}, field.name);
  int step = 1;
  if (slash != std::string_view::npos) {
    if (range != "*" && dash == std::string_view::npos) 
      refuse_time(text, {"{}の間隔には範囲が必要です", "{}: a step needs a range"}, field.name);
    auto digits = text.substr(slash + 1);
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), step);
    if (error != std::errc() || end != digits.data() + digits.size() || step < 1 || step > field.highest)
      refuse_time(text, {"{}の間隔は 1 から {} までです", "{}: the step is 1 to {}"}, field.name, field.highest);
  }
  std::uint64_t bits = 0;
  for (int value = first; value <= last; value += step) bits |= std::uint64_t{1} << value;
  return bits;
}

std::uint64_t list(const Field& field, std::string_view text) {
  std::uint64_t bits = 0;
  for (;;) {
    auto comma = text.find(',');
    bits |= item(field, text.substr(0, comma));
    if (comma == std::string_view::npos) return bits;
    text.remove_prefix(comma + 1);
  }
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words(1);
  for (char c : text) {
    if (c != ' ' && c != '\t')
      words.back() += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    else if (!words.back().empty())
      words.emplace_back();
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

bool has(std::uint64_t bits, unsigned value) { return ((bits >> value) & 1) != 0; }

// The first set bit from `from` on; none: 64.
unsigned next_bit(std::uint64_t bits, unsigned from) {
  return from >= 64 ? 64 : static_cast<unsigned>(std::countr_zero(bits & (~std::uint64_t{0} << from)));
}

}  // namespace

Cron Cron::parse(std::string_view text) {
  if (text.size() > text_bytes_max)
    refuse({"日時", "set time"}, too_long, text.size(), text_bytes_max);
  auto words = words_of(text);
  if (words.size() != fields.size())
    refuse_time(text, {"5 つの項目 (分 時 日 月 曜日) が必要です。{} つあります",
                       "it needs five fields (minute, hour, day of month, month, day of week), not {}"},
                words.size());
  Cron cron;
  std::array<std::uint64_t*, 5> into = {&cron.minutes_, &cron.hours_, &cron.days_, &cron.months_, &cron.weekdays_};
  for (std::size_t i = 0; i < fields.size(); ++i) *into[i] = list(fields[i], words[i]);
  if (has(cron.weekdays_, 7)) cron.weekdays_ |= 1;  // 7 is Sunday too
  cron.any_day_ = words[2].front() == '*';
  cron.any_weekday_ = words[4].front() == '*';
  for (const auto& word : words) cron.text_ += (cron.text_.empty() ? "" : " ") + word;
  // Of all years the leap year has most days; either day is enough if both are restricted.
  bool comes = !cron.any_day_ && !cron.any_weekday_;
  using std::chrono::year;
  for (std::chrono::sys_days day = year(2024) / 1 / 1; day < year(2025) / 1 / 1; day += days(1)) {
    std::chrono::year_month_day date(day);
    comes = comes || (has(cron.months_, static_cast<unsigned>(date.month())) &&
                      has(cron.days_, static_cast<unsigned>(date.day())));
  }
  if (!comes) refuse_time(text, {"その日は来ません", "that day never comes"});
  return cron;
}

bool Cron::day_fits(std::chrono::year_month_day day) const {
  if (!has(months_, static_cast<unsigned>(day.month()))) return false;
  bool of_month = has(days_, static_cast<unsigned>(day.day()));
  bool of_week = has(weekdays_, std::chrono::weekday(std::chrono::sys_days(day)).c_encoding());
  return any_day_ || any_weekday_ ? of_month && of_week : of_month || of_week;
}

LocalSeconds Cron::next_local(LocalSeconds from) const {
  auto from_day = std::chrono::floor<days>(from);
  auto minute_of_day = std::chrono::ceil<minutes>(from - from_day).count();
  for (auto day = from_day; day <= from_day + search_max; day += days(1), minute_of_day = 0) {
    if (!day_fits(std::chrono::year_month_day(day))) continue;
    auto hour = static_cast<unsigned>(minute_of_day / 60);
    auto minute = static_cast<unsigned>(minute_of_day % 60);
    for (auto h = next_bit(hours_, hour); h < 24; h = next_bit(hours_, h + 1), minute = 0) {
      auto m = next_bit(minutes_, h == hour ? minute : 0);
      if (m < 60) return LocalSeconds(day) + hours(h) + minutes(m);
    }
  }
  CERTFLEET_INVARIANT(false, text_);
  return from;
}

WallTime Cron::next(WallTime after, const TimeZone& zone) const {
  // Moments never fall as local times rise, so the first local time with a later moment is the one.
  auto local = next_local(std::chrono::floor<minutes>(zone.local(after)));
  auto moment = zone.moment(local);
  while (moment <= after) {
    local = next_local(local + minutes(1));
    moment = zone.moment(local);
  }
  return moment;
}

}  // namespace certfleet::domain
