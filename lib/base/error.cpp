#include "lib/base/error.h"

#include <cstdio>
#include <cstdlib>

namespace certfleet {

std::string_view to_string(Fault fault) {
  switch (fault) {
    case Fault::retry: return "retry";
    case Fault::unreachable: return "unreachable";
    case Fault::permanent: return "permanent";
    case Fault::usage: return "usage";
    case Fault::not_found: return "not found";
    case Fault::denied: return "denied";
    case Fault::conflict: return "conflict";
    case Fault::stale: return "stale";
    case Fault::in_doubt: return "in doubt";
  }
  return "unknown";
}

void invariant_broken(const char* expression, const char* file, int line, std::string_view detail) {
  std::fprintf(stderr, "%s:%d: invariant broken: %s (%.*s)\n", file, line, expression,
               static_cast<int>(detail.size()), detail.data());
  std::abort();
}

}  // namespace certfleet
