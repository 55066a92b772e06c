// Every message that can stand in a trace: the manual's appendix 12.1, and ours in free numbers of the same
// families. A number is never given twice and never changes its meaning.
#pragma once

#include <span>
#include <string_view>

#include "lib/base/text.h"
#include "lib/trace/line.h"

namespace certfleet::trace {

using certfleet::Language;

// From a locale's name: "ja_JP.UTF-8" is ja, everything else en.
Language language_from_locale(std::string_view locale);

struct Message {
  int id;
  Level level;              // unless whoever writes the trace says otherwise
  std::string_view module;  // the same
  int args;                 // how many arguments it has at most; {0} is the first
  std::string_view ja;
  std::string_view en;
};

// The message with this number, nullptr if there is none.
const Message* find_message(int id);

// All, in the order of their numbers.
std::span<const Message> all_messages();

}  // namespace certfleet::trace
