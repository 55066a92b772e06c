// Paths and programs on a node, as an administrator may set them (manual 9.1.5: no full-width characters, no
// blanks). What passes here is also safe in every shell, quoted or not.
#pragma once

#include <string_view>

#include "lib/base/text.h"

namespace certfleet::domain {

// An absolute path below the root, of letters, digits and . _ - + @ : , = ~ %, without "." and ".." as parts.
// Failure(usage) that names `what` ("certificate file") and the reason.
void require_remote_path(std::string_view path, const Text& what);

// A program: such a path, or a bare name that the node's PATH finds.
void require_remote_program(std::string_view program, const Text& what);

// A user of the node: at most 256 letters, digits and . _ - @, not starting with a hyphen.
void require_remote_user(std::string_view user, const Text& what);

}  // namespace certfleet::domain
