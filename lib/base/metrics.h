// Counters and gauges of one process in the Prometheus text format. Safe from any thread.
// Names start with certfleet_ and use the words of the design; labels are few and bounded.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace certfleet {

class Metrics {
 public:
  using Labels = std::map<std::string, std::string>;

  Metrics();
  ~Metrics();

  void add(const std::string& counter, double amount = 1, const Labels& labels = {});
  void set(const std::string& gauge, double value, const Labels& labels = {});

  // What /metrics answers.
  std::string render() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace certfleet
