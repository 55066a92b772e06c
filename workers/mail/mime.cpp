#include "workers/mail/mime.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "lib/base/error.h"
#include "lib/pki/printable.h"
#include "lib/pki/text.h"

namespace certfleet::mail {
namespace {

// 60 in base64, 72 with what is around them; lines with encoded words have at most 76 (RFC 2047 section 2).
constexpr std::size_t word_bytes_max = 45;
constexpr std::size_t first_word_bytes_max = 36;  // the name of the header goes before it
constexpr std::size_t base64_line_max = 76;   // RFC 2045 section 6.8
constexpr std::size_t header_line_max = 78;   // RFC 5322 section 2.1.1
constexpr std::size_t subject_name_size = 9;  // "Subject: "

bool control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

[[noreturn]] void refuse(std::string_view what, std::string_view text) {
  throw Failure(Fault::usage, fmt::format("{} can't stand in a mail: \"{}\"", what, pki::printable(text)));
}

void require_one_line(std::string_view what, std::string_view text) {
  if (std::any_of(text.begin(), text.end(), control)) refuse(what, text);
}

void require_address(std::string_view text) {
  require_one_line("an address", text);
  if (text.empty() || !ascii(text) || text.find_first_of(" <>,;") != std::string_view::npos)
    refuse("an address", text);
}

void require_sound(const Envelope& envelope, const Text& text) {
  require_address(envelope.from);
  for (const auto& list : {envelope.to, envelope.cc})
    for (const auto& address : list) require_address(address);
  require_one_line("a message id", envelope.message_id);
  require_one_line("a subject", text.subject);
}

// How long the character is that begins here; 1 for a stray byte.
std::size_t character(std::string_view text) {
  auto lead = static_cast<unsigned char>(text[0]);
  std::size_t size = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return std::min(size, text.size());
}

void addresses(std::string& out, std::string_view name, const std::vector<std::string>& list) {
  if (list.empty()) return;
  out += fmt::format("{}: <{}>\r\n", name, fmt::join(list, ">,\r\n <"));
}

std::string with_crlf(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\r') continue;
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

}  // namespace

std::string encoded_words(std::string_view utf8) {
  bool short_enough = utf8.size() + subject_name_size <= header_line_max;
  if (ascii(utf8) && short_enough && utf8.find("=?") == std::string_view::npos) return std::string(utf8);
  std::string out;
  while (!utf8.empty()) {
    std::size_t size = 0;
    while (size < utf8.size()) {
      auto next = size + character(utf8.substr(size));
      if (next > (out.empty() ? first_word_bytes_max : word_bytes_max)) break;
      size = next;
    }
    if (!out.empty()) out += "\r\n ";
    out += fmt::format("=?UTF-8?B?{}?=", pki::base64(utf8.substr(0, size)));
    utf8.remove_prefix(size);
  }
  return out;
}

std::string mime(const Envelope& envelope, const Text& text) {
  require_sound(envelope, text);
  std::string out;
  auto seconds = std::chrono::system_clock::to_time_t(envelope.date);
  out += fmt::format("Date: {:%a, %d %b %Y %H:%M:%S} +0000\r\n", fmt::gmtime(seconds));
  out += fmt::format("From: <{}>\r\n", envelope.from);
  addresses(out, "To", envelope.to);
  addresses(out, "Cc", envelope.cc);
  out += fmt::format("Subject: {}\r\n", encoded_words(text.subject));
  out += fmt::format("Message-ID: {}\r\n", envelope.message_id);
  out += "Auto-Submitted: auto-generated\r\n";  // RFC 3834: no vacation notes in return
  out += "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n";
  auto body = pki::base64(with_crlf(text.body));
  for (std::size_t at = 0; at < body.size(); at += base64_line_max) {
    out += body.substr(at, base64_line_max);
    out += "\r\n";
  }
  return out;
}

}  // namespace certfleet::mail
