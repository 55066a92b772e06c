#include "lib/store/words.h"

#include "lib/pki/printable.h"

namespace certfleet::store {

std::string words(std::string_view text) { return pki::one_line(text, words_bytes_max); }

std::vector<std::string> words(const std::vector<std::string>& texts) {
  std::vector<std::string> clean;
  clean.reserve(texts.size());
  for (const auto& text : texts) clean.push_back(words(text));
  return clean;
}

}  // namespace certfleet::store
