// PEM (RFC 7468) as files in the field have it: CRLF or LF, explanatory text around the blocks, old headers
// in them. Strict where it matters: a block that starts must end, and its content must be base64.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/pki/secret.h"

namespace certfleet::pki {

struct PemBlock {
  std::string label;       // "CERTIFICATE", "PRIVATE KEY", …
  Secret der;              // empty if encrypted
  bool encrypted = false;  // by the old "Proc-Type: 4,ENCRYPTED" header
};

// The blocks in their order; none is no failure. Failure(usage, 28) naming the line if a block isn't closed,
// isn't base64 or is empty, or if the text is larger than pem_bytes_max. Lines never get into the message.
std::vector<PemBlock> parse_pem(std::string_view text);

// 64 characters a line, LF.
std::string to_pem(std::string_view label, std::string_view der);

}  // namespace certfleet::pki
