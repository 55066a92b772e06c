#include "lib/base/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <mutex>
#include <unordered_map>

namespace certfleet {

struct Metrics::Impl {
  prometheus::Registry registry;
  std::mutex mutex;  // guards the two maps; counters and gauges guard themselves
  std::unordered_map<std::string, prometheus::Family<prometheus::Counter>*> counters;
  std::unordered_map<std::string, prometheus::Family<prometheus::Gauge>*> gauges;

  prometheus::Counter& counter(const std::string& name, const Labels& labels) {
    std::lock_guard lock(mutex);
    auto& family = counters[name];
    if (family == nullptr) family = &prometheus::BuildCounter().Name(name).Register(registry);
    return family->Add(labels);
  }
  prometheus::Gauge& gauge(const std::string& name, const Labels& labels) {
    std::lock_guard lock(mutex);
    auto& family = gauges[name];
    if (family == nullptr) family = &prometheus::BuildGauge().Name(name).Register(registry);
    return family->Add(labels);
  }
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::add(const std::string& counter, double amount, const Labels& labels) {
  impl_->counter(counter, labels).Increment(amount);
}

void Metrics::set(const std::string& gauge, double value, const Labels& labels) {
  impl_->gauge(gauge, labels).Set(value);
}

std::string Metrics::render() const {
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace certfleet
