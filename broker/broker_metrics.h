// The broker's numbers, in the words of docs/protocol.md.
#pragma once

#include <map>
#include <string>

#include "broker/broker_core.h"
#include "lib/base/metrics.h"
#include "lib/bus/zap.h"

namespace certfleet::broker {

class BrokerMetrics {
 public:
  explicit BrokerMetrics(Metrics& metrics) : metrics_(metrics) {}

  // `failures`: connections that never got to a key.
  void publish(const BrokerCore& core, const bus::Zap& zap, std::uint64_t failures);

 private:
  void count(const std::string& counter, std::uint64_t total, const Metrics::Labels& labels = {});

  Metrics& metrics_;
  std::map<std::pair<std::string, Metrics::Labels>, std::uint64_t> published_;
};

}  // namespace certfleet::broker
