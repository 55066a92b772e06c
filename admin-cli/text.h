// A fixed text of the command in both languages. Written where it is used, so that none can be left in one
// language only; places are {} or {0}, {1} as in fmt, since the order of words differs.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "lib/trace/catalogue.h"

namespace certfleet::cli {

using trace::Language;

struct Text {
  std::string_view ja;
  std::string_view en;

  std::string_view in(Language language) const { return language == Language::ja ? ja : en; }
  template <class... Arguments>
  std::string with(Language language, const Arguments&... arguments) const {
    return fmt::format(fmt::runtime(in(language)), arguments...);
  }
};

// From --lang if given, else from LC_ALL, LC_MESSAGES, LANG: Japanese if it begins with "ja".
Language language_of(int argc, const char* const* argv);

}  // namespace certfleet::cli
