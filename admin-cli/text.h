// The person's language.
#pragma once

#include "lib/base/text.h"

namespace certfleet::cli {

// From --lang if given, else from LC_ALL, LC_MESSAGES, LANG: Japanese if it begins with "ja".
Language language_of(int argc, const char* const* argv);

}  // namespace certfleet::cli
