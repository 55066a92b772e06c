// Writes the traces of one order.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "lib/trace/line.h"

namespace certfleet::order {

inline constexpr const char* module = "orders";

class Tracer {
 public:
  explicit Tracer(std::function<void(trace::Line)> sink) : sink_(std::move(sink)) {}

  void info(int id, std::vector<std::string> args) const { add(trace::Level::info, id, std::move(args)); }
  void warning(int id, std::vector<std::string> args) const {
    add(trace::Level::warning, id, std::move(args));
  }
  void error(int id, std::vector<std::string> args) const { add(trace::Level::error, id, std::move(args)); }

 private:
  void add(trace::Level level, int id, std::vector<std::string> args) const {
    sink_({std::chrono::system_clock::now(), level, module, id, 0, std::move(args)});
  }
  std::function<void(trace::Line)> sink_;
};

}  // namespace certfleet::order
