// Texts for people, in both languages of the product. Written where they are used, so that none can be left in one
// language only; places are {} or {0}, {1} as in fmt, since the order of words differs.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace certfleet {

enum class Language { ja, en };

struct Text {
  std::string_view ja;
  std::string_view en;

  std::string_view in(Language language) const { return language == Language::ja ? ja : en; }
  // With its places filled. An argument that is itself a Text or a Saying stands in the same language.
  template <class... Arguments>
  std::string with(Language language, const Arguments&... arguments) const;
};

// A complete sentence in both languages.
struct Saying {
  std::string ja;
  std::string en;

  const std::string& in(Language language) const { return language == Language::ja ? ja : en; }
};

inline std::string_view spoken(const Text& text, Language language) { return text.in(language); }
inline std::string_view spoken(const Saying& saying, Language language) { return saying.in(language); }
template <class T>
const T& spoken(const T& value, Language) {
  return value;
}

template <class... Arguments>
std::string Text::with(Language language, const Arguments&... arguments) const {
  return fmt::format(fmt::runtime(in(language)), spoken(arguments, language)...);
}

template <class... Arguments>
Saying saying(const Text& text, const Arguments&... arguments) {
  return {text.with(Language::ja, arguments...), text.with(Language::en, arguments...)};
}

}  // namespace certfleet
