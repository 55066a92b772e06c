#include "lib/trace/render.h"

#include <fmt/format.h>

namespace certfleet::trace {
namespace {

constexpr std::size_t argument_bytes_max = 1000;  // a trace is a line, not a document

// Cut at a character's boundary, control characters as blanks.
std::string cleaned(std::string_view text) {
  if (text.size() > argument_bytes_max) {
    std::size_t end = argument_bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    text = text.substr(0, end);
  }
  std::string out(text);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return out;
}

std::string filled(std::string_view pattern, const std::vector<std::string>& args) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    bool argument = pattern[i] == '{' && i + 2 < pattern.size() && pattern[i + 2] == '}';
    if (!argument) {
      out += pattern[i];
      continue;
    }
    auto index = static_cast<std::size_t>(pattern[i + 1] - '0');
    if (index < args.size()) out += cleaned(args[index]);
    i += 2;
  }
  return out;
}

}  // namespace

char letter(Level level) {
  switch (level) {
    case Level::info: return 'I';
    case Level::warning: return 'W';
    case Level::error: return 'E';
  }
  return 'E';
}

Line line(int id, std::vector<std::string> args) {
  Line made;
  made.at = std::chrono::system_clock::now();
  made.id = id;
  made.args = std::move(args);
  if (const auto* message = find_message(id)) {
    made.level = message->level;
    made.module = message->module;
  }
  return made;
}

std::string text_of(const Line& line, Language language) {
  if (const auto* message = find_message(line.id))
    return filled(language == Language::ja ? message->ja : message->en, line.args);
  std::string out = "?";
  for (const auto& arg : line.args) out += fmt::format(" [{}]", cleaned(arg));
  return out;
}

std::string render(const Line& line, Language language) {
  return fmt::format("{} <{}{:04}> {:05} {}", line.module, letter(line.level), line.id, line.request_no,
                     text_of(line, language));
}

}  // namespace certfleet::trace
