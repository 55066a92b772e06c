#include "admin-cli/text.h"

#include <cstdlib>

#include "lib/trace/catalogue.h"

namespace certfleet::cli {

Language language_of(int argc, const char* const* argv) {
  // Before the command line is parsed: its help is in this language already.
  for (int i = 1; i < argc; ++i) {
    std::string_view word = argv[i];
    if (word == "--") break;
    if (word == "--lang=ja" || (word == "--lang" && i + 1 < argc && std::string_view(argv[i + 1]) == "ja"))
      return Language::ja;
    if (word.starts_with("--lang")) return Language::en;
  }
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"})
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0')
      return trace::language_from_locale(value);
  return Language::en;
}

}  // namespace certfleet::cli
