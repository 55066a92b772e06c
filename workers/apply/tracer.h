// Writes the traces of one apply (manual appendix 12.1, ids 18xx).
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "lib/trace/render.h"

namespace certfleet::apply {

class Tracer {
 public:
  explicit Tracer(std::function<void(trace::Line)> sink) : sink_(std::move(sink)) {}

  // With the catalogue's level, as said by the apply.
  void add(int id, std::vector<std::string> args = {}) const {
    auto line = trace::line(id, std::move(args));
    line.module = "apply";
    sink_(std::move(line));
  }

 private:
  std::function<void(trace::Line)> sink_;
};

}  // namespace certfleet::apply
