#include "lib/pki/pem.h"

#include <fmt/format.h>
#include <sodium.h>

#include "lib/base/error.h"
#include "lib/pki/limits.h"
#include "lib/pki/text.h"
#include "lib/pki/trace_ids.h"

namespace certfleet::pki {

namespace {

constexpr std::string_view begin_mark = "-----BEGIN ";
constexpr std::string_view end_mark = "-----END ";
constexpr std::string_view dashes = "-----";
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
constexpr std::size_t label_bytes = 40;  // the longest in use has 24

template <class... Arguments>
[[noreturn]] void refuse(std::size_t line, const Text& why, const Arguments&... arguments) {
  throw Failure(Fault::usage, trace_malformed, Text{"PEM の {} 行目: {}", "line {} of the PEM text: {}"},
                line, saying(why, arguments...));
}

std::string_view trimmed(std::string_view line) {
  auto first = line.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

// "-----BEGIN LABEL-----" without its frame; empty if the line isn't one.
std::string_view label_of(std::string_view line, std::string_view mark) {
  if (!line.starts_with(mark) || !line.ends_with(dashes) || line.size() <= mark.size() + dashes.size())
    return {};
  return line.substr(mark.size(), line.size() - mark.size() - dashes.size());
}

bool fits_label(std::string_view label) {
  if (label.size() > label_bytes) return false;
  for (char c : label)
    if (c != ' ' && (c < '0' || c > '9') && (c < 'A' || c > 'Z')) return false;
  return true;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {
    if (rest_.starts_with(byte_order_mark))
      rest_.remove_prefix(byte_order_mark.size());  // editors on Windows
  }

  std::vector<PemBlock> blocks() {
    std::vector<PemBlock> result;
    while (next()) {
      if (!line_.starts_with(begin_mark)) continue;
      auto label = label_of(line_, begin_mark);
      if (label.empty() || !fits_label(label))
        refuse(number_, {"ブロックの始まりが壊れています", "the start of a block is damaged"});
      if (result.size() == pem_blocks_max)
        refuse(number_, {"ブロックが {} 個を超えています", "it has more than {} blocks"}, pem_blocks_max);
      result.push_back(block(label));
    }
    return result;
  }

 private:
  bool next() {
    if (rest_.empty()) return false;
    auto end = rest_.find('\n');
    line_ = trimmed(rest_.substr(0, end));
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    ++number_;
    return true;
  }

  PemBlock block(std::string_view label) {
    PemBlock result{std::string(label), {}, false};
    auto start = number_;
    std::string encoded;
    encoded.reserve(rest_.size());  // never grows, so that one wipe reaches all
    for (;;) {
      if (!next() || line_.starts_with(begin_mark))
        refuse(start, {"ここで始まるブロックが閉じていません", "the block that starts here is not closed"});
      if (line_.starts_with(end_mark)) break;
      // RFC 1421 headers, such as "Proc-Type: 4,ENCRYPTED".
      if (line_.find(':') != std::string_view::npos)
        result.encrypted = result.encrypted || line_.find("ENCRYPTED") != std::string_view::npos;
      else
        encoded.append(line_);
    }
    if (label_of(line_, end_mark) != label)
      refuse(number_, {"ブロックの始まりと終わりの名前が違います",
                       "the block ends under another name than it started"});
    Secret text(std::move(encoded));
    if (result.encrypted) return result;
    auto der = from_base64(text.view());
    if (!der || der->empty())
      refuse(start,
             {"ここで始まるブロックは base64 ではありません", "the block that starts here is not base64"});
    result.der = Secret(std::move(*der));
    return result;
  }

  std::string_view rest_, line_;
  std::size_t number_ = 0;
};

}  // namespace

std::vector<PemBlock> parse_pem(std::string_view text) {
  if (text.size() > pem_bytes_max)
    throw Failure(
        Fault::usage, trace_malformed,
        Text{"PEM が {} バイトあります ({} バイトまで)", "the PEM text has {} bytes, {} are allowed"},
        text.size(), pem_bytes_max);
  return Parser(text).blocks();
}

std::string to_pem(std::string_view label, std::string_view der) {
  constexpr std::size_t line_characters = 64;
  auto encoded = base64(der);
  std::string text = fmt::format("{}{}{}\n", begin_mark, label, dashes);
  for (std::size_t at = 0; at < encoded.size(); at += line_characters)
    text.append(encoded, at, line_characters).push_back('\n');
  return text += fmt::format("{}{}{}\n", end_mark, label, dashes);
}

}  // namespace certfleet::pki
