// The names of what a person may mean: to complete one, or to suggest near ones.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/store/transaction.h"

namespace certfleet::store::names {

// The nouns whose things have names, by their word on the command line: "service", "ca-account". Empty if
// `noun` has none.
std::string_view table_of(std::string_view noun);

// Those that begin with `beginning` (all if it is empty), in order, `rows_max` at most. None for a noun without
// names.
std::vector<std::string> beginning_with(Tx& tx, std::string_view noun, std::string_view beginning, int rows_max);

// What somebody may have meant by `wrong`: all names of a noun while these are few; else its neighbours in the order of
// names, and which of `guesses` there are. It takes no longer where there are a million.
std::vector<std::string> near_to(Tx& tx, std::string_view noun, const std::string& wrong,
                                 const std::vector<std::string>& guesses);

// All of a noun, with their ids.
std::vector<std::pair<std::int64_t, std::string>> all(Tx& tx, std::string_view noun);

}  // namespace certfleet::store::names
