// A mail as it goes over the wire: headers and one text of UTF-8 in base64, ASCII only. No input or output.
#pragma once

#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "workers/mail/message.h"

namespace certfleet::mail {

struct Envelope {
  std::string from;
  std::vector<std::string> to;
  std::vector<std::string> cc;
  std::string message_id;  // with its angle brackets; stable, so that a mail sent twice is known to be one
  WallTime date;
};

// Lines end with CRLF and none begins with a dot, so that it can follow DATA as it is. Failure(usage) if an
// address, the message id or the subject holds a control character, or if an address holds a blank, angle
// bracket or byte outside ASCII: it would become a header line or a command.
std::string mime(const Envelope& envelope, const Text& text);

// A text for a header (RFC 2047): ASCII stays, else words of at most 75 bytes, none of which cuts a character.
std::string encoded_words(std::string_view utf8);

}  // namespace certfleet::mail
