// What an SMTP server says (RFC 5321 section 4.2), taken from bytes. No input or output.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace certfleet::mail {

struct Reply {
  int code = 0;                    // 200 to 599
  std::vector<std::string> lines;  // without the code; at least one

  bool positive() const { return code < 300; }
  bool wants_more() const { return code / 100 == 3; }
  std::string text() const;  // "550 no such user", safe for one line of a log
};

// Collects bytes until they are a whole reply.
class ReplyReader {
 public:
  // Failure(retry) if this can't be SMTP or is longer than any server has a reason for.
  void feed(std::string_view bytes);
  // The next whole reply, none yet if bytes are missing. Failure(retry) as above.
  std::optional<Reply> take();
  // Bytes that came after the last reply taken.
  bool has_rest() const { return !buffer_.empty() || !partial_.lines.empty(); }

 private:
  std::string buffer_;
  Reply partial_;
};

// What the answer to EHLO offers (RFC 3207, RFC 4954).
struct Offers {
  bool starttls = false;
  bool auth_plain = false;
  bool auth_login = false;
};

Offers offers_of(const Reply& ehlo);

}  // namespace certfleet::mail
