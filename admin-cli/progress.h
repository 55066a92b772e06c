// How far long work has come: one line on standard error, on a terminal only, rewritten in place.
#pragma once

#include <cstddef>
#include <functional>

#include "admin-cli/context.h"

namespace certfleet::cli {

class ProgressLine {
 public:
  explicit ProgressLine(const Context& context);
  ~ProgressLine();  // takes the line away
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // To be called with (done, all) as often as one likes; no longer than this object lives.
  std::function<void(std::size_t, std::size_t)> teller();

 private:
  const Context& context_;
  bool shown_ = false;
  int percent_ = -1;
  bool terminal_;
};

}  // namespace certfleet::cli
