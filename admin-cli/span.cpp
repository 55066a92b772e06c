#include "admin-cli/span.h"

#include <cmath>
#include <cstdlib>

namespace certfleet::cli {

std::string span_text(std::chrono::seconds span, Language language) {
  auto seconds = std::abs(span.count());
  auto minutes = seconds / 60;
  auto hours = minutes / 60;
  auto days = hours / 24;
  if (days >= 3) return Text{"{} 日", "{} days"}.with(language, days);
  if (hours > 0 && minutes % 60 != 0)
    return Text{"{} 時間 {} 分", "{} h {} min"}.with(language, hours, minutes % 60);
  if (hours > 0) return Text{"{} 時間", "{} h"}.with(language, hours);
  if (minutes >= 10 || (minutes > 0 && seconds % 60 == 0))
    return Text{"{} 分", "{} min"}.with(language, minutes);
  if (minutes > 0) return Text{"{} 分 {} 秒", "{} min {} s"}.with(language, minutes, seconds % 60);
  return Text{"{} 秒", "{} s"}.with(language, seconds);
}

std::string span_text(double seconds, Language language) {
  return span_text(std::chrono::seconds(std::lround(seconds)), language);
}

}  // namespace certfleet::cli
