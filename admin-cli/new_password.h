// A password that is set: asked twice or from standard input, and held to the rules (lib/domain/password.h).
#pragma once

#include <string>

#include "admin-cli/context.h"
#include "lib/pki/secret.h"

namespace certfleet::cli {

// Failure(usage) says which rule it breaks.
void check_new_password(const Context& context, const pki::Secret& password, const std::string& user);

// `input`: the next line of standard input.
pki::Secret take_new_password(const Context& context, bool input, const std::string& user);

// A code for one use, and until when it is good. "a1B2-c3D4-…": read aloud or copied by hand.
struct OneTimeCode {
  pki::Secret code;
  WallTime until;
};
OneTimeCode make_code(int hours);

}  // namespace certfleet::cli
