// Names that a certificate may carry and that a server may be reached under. DNS names only in their ASCII
// form (xn--…); a name in another script is refused, as it would look like what it is not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace certfleet::pki {

enum class Wildcard { refused, allowed };

// ASCII letters only, whatever the locale.
std::string lower_case(std::string_view text);

// A DNS name in lower case without the final dot: labels of letters, digits and inner hyphens, 1 to 63 bytes,
// 253 in all (RFC 1035 section 2.3.4, RFC 1123 section 2.1), the last label not all digits. With
// Wildcard::allowed the left-most label may be `*` if two more follow. Failure(usage) naming the value.
std::string normalize_dns_name(std::string_view text, Wildcard wildcard);

// As above with the wildcard, and at most 64 bytes (manual 7.2.3).
std::string normalize_common_name(std::string_view text);

// The further names of a service (manual 7.2.3): each normalised, `common_name` and repetitions left out, the
// order kept. Failure(usage) also if they are more than sans_max.
std::vector<std::string> normalize_sans(std::string_view common_name, const std::vector<std::string>& sans);

bool is_ipv4(std::string_view text);
bool is_ipv6(std::string_view text);  // without brackets, without zone
bool is_ip_address(std::string_view text);

// A DNS name without wildcard, or an IP address as the system writes it. Failure(usage) naming the value.
std::string normalize_host(std::string_view text);

// RFC 6125 section 6.4: the same name without regard to case; a `*` that is the whole left-most label of
// `pattern` stands for exactly one label.
bool dns_name_matches(std::string_view pattern, std::string_view host);

}  // namespace certfleet::pki
