// Near names for a wrong one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace certfleet::cli {

// How many letters must be changed, added, left out or swapped with their neighbour. Letters are compared
// without regard to ASCII case.
int distance(std::string_view a, std::string_view b);

// At most three of `names`, the nearest first; none that differs in more than a third of its letters, but
// names that begin with what was typed.
std::vector<std::string> near(std::string_view wrong, const std::vector<std::string>& names);

// The names that are one mistake away from `wrong`, in letters that names usually have: to be looked up where there
// are too many names to compare with each. Whole letters of UTF-8; without changes of a letter if it is longer than
// any name that a person types.
std::vector<std::string> one_mistake_from(std::string_view wrong);

}  // namespace certfleet::cli
