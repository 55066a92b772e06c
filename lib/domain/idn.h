// Host names in other scripts, as a person types and reads them. Everywhere else a name is its A-labels (xn--…):
// what comes over the wire in another form is refused (lib/pki/host_name.h).
#pragma once

#include <string>
#include <string_view>

namespace certfleet::domain {

// A typed name with its labels as A-labels, by UTS #46 (non-transitional) and IDNA2008; "*." in front stays.
// ASCII without xn-- comes back as it is, to be judged by lib/pki. Failure(usage) with the reason for a name that
// IDNA2008 does not allow, also if it is typed as xn--….
std::string a_labels(std::string_view typed);

// As people read it: with U-labels where it has A-labels. A name that can't be read so comes back as it is.
std::string u_labels(std::string_view name);

}  // namespace certfleet::domain
