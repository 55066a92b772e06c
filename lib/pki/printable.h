// Foreign text in our lines: what a person typed or a peer sent, made safe for one line of a log or terminal.
#pragma once

#include <string>
#include <string_view>

namespace certfleet::pki {

// Valid UTF-8 stays; control characters and stray bytes become `?`; longer than `bytes_max` is cut with "…".
std::string printable(std::string_view text, std::size_t bytes_max = 100);

// The same for what may have several lines: line ends and tabs become blanks, none is left at the end.
std::string one_line(std::string_view text, std::size_t bytes_max = 1000);

// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates.
bool is_utf8(std::string_view text);

}  // namespace certfleet::pki
