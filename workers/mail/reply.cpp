#include "workers/mail/reply.h"

#include <fmt/format.h>

#include <cctype>
#include <sstream>

#include "lib/base/error.h"
#include "lib/pki/printable.h"

namespace certfleet::mail {
namespace {

// RFC 5321 section 4.5.3.1.5 allows lines of 512 bytes; servers are known to exceed it. EHLO has few lines.
constexpr std::size_t line_bytes_max = 4096;
constexpr std::size_t lines_max = 100;

bool digit(char c) { return c >= '0' && c <= '9'; }

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

[[noreturn]] void not_smtp(std::string_view line) {
  throw Failure(Fault::retry, fmt::format("this is no answer of a mail server: \"{}\"", pki::printable(line)));
}

// "250-PIPELINING": 250, not the last.
struct Line {
  int code;
  bool last;
  std::string text;
};

Line parse(std::string_view line) {
  if (line.size() < 3 || !digit(line[0]) || !digit(line[1]) || !digit(line[2])) not_smtp(line);
  int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  bool separated = line.size() == 3 || line[3] == ' ' || line[3] == '-';
  if (code < 200 || code > 599 || !separated) not_smtp(line);
  return {code, line.size() == 3 || line[3] == ' ', std::string(line.size() > 4 ? line.substr(4) : "")};
}

}  // namespace

std::string Reply::text() const { return pki::printable(fmt::format("{} {}", code, fmt::join(lines, " ")), 300); }

void ReplyReader::feed(std::string_view bytes) {
  buffer_ += bytes;
  if (buffer_.find('\n') == std::string::npos && buffer_.size() > line_bytes_max) not_smtp(buffer_);
}

std::optional<Reply> ReplyReader::take() {
  for (;;) {
    auto end = buffer_.find('\n');
    if (end == std::string::npos) return std::nullopt;
    auto text = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    if (text.ends_with('\r')) text.pop_back();
    auto line = parse(text);
    if (!partial_.lines.empty() && partial_.code != line.code) not_smtp(text);
    if (partial_.lines.size() == lines_max || text.size() > line_bytes_max) not_smtp(text);
    partial_.code = line.code;
    partial_.lines.push_back(std::move(line.text));
    if (line.last) return std::exchange(partial_, {});
  }
}

Offers offers_of(const Reply& ehlo) {
  Offers offers;
  for (std::size_t i = 1; i < ehlo.lines.size(); ++i) {  // the first is the server's name
    std::istringstream words(upper(ehlo.lines[i]));
    std::string word;
    words >> word;
    if (word == "STARTTLS") offers.starttls = true;
    if (word != "AUTH") continue;
    while (words >> word) {
      if (word == "PLAIN") offers.auth_plain = true;
      if (word == "LOGIN") offers.auth_login = true;
    }
  }
  return offers;
}

}  // namespace certfleet::mail
