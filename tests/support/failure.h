// What a call failed with.
#pragma once

#include <gtest/gtest.h>

#include <utility>

#include "lib/base/error.h"

namespace certfleet::testing {

// The failure of `call`; the test fails if there is none.
template <class Call>
Failure failure_of(Call&& call) {
  try {
    std::forward<Call>(call)();
  } catch (const Failure& failure) {
    return failure;
  }
  ADD_FAILURE() << "no failure";
  return {Fault::conflict, -1, "no failure"};
}

inline void expect_says(const Failure& failure, std::string_view part) {
  EXPECT_NE(std::string_view(failure.what()).find(part), std::string_view::npos)
      << "\"" << failure.what() << "\" does not say \"" << part << "\"";
  EXPECT_EQ(std::string_view(failure.what()).find('\n'), std::string_view::npos) << failure.what();
}

}  // namespace certfleet::testing
