#include "broker/broker_metrics.h"

namespace certfleet::broker {

void BrokerMetrics::publish(const BrokerCore& core, const bus::Zap& zap, std::uint64_t failures) {
  std::map<Queue, std::uint64_t> credit;
  std::map<bus::Role, std::uint64_t> sessions{{bus::Role::worker, 0}, {bus::Role::scheduler, 0}};
  for (const auto& session : core.sessions().all()) {
    ++sessions[session.who.role];
    if (session.hello.queue && session.can_take()) credit[*session.hello.queue] += session.credit();
  }
  for (const auto& [role, number] : sessions)
    metrics_.set("certfleet_broker_sessions", static_cast<double>(number),
                 {{"role", std::string(to_string(role))}});
  for (Queue queue : domain::all_queues) {
    Metrics::Labels labels{{"queue", std::string(domain::to_string(queue))}};
    metrics_.set("certfleet_broker_ring_offers", static_cast<double>(core.ring_size(queue)), labels);
    metrics_.set("certfleet_broker_credit_outstanding", static_cast<double>(credit[queue]), labels);
  }
  const Counts& counts = core.counts();
  for (std::size_t i = 0; i < counts.refusals.size(); ++i)
    count("certfleet_broker_refusals_total", counts.refusals[i],
          {{"code", std::string(bus::to_string(static_cast<bus::RefuseCode>(i)))}});
  const std::array<std::pair<const char*, std::uint64_t>, 6> outcomes{{{"accepted", counts.accepted},
                                                                       {"delivered", counts.delivered},
                                                                       {"duplicate", counts.duplicate},
                                                                       {"dropped", counts.dropped},
                                                                       {"expired", counts.expired},
                                                                       {"returned", counts.returned}}};
  for (const auto& [outcome, total] : outcomes)
    count("certfleet_broker_offers_total", total, {{"outcome", outcome}});
  count("certfleet_broker_sessions_silent_total", counts.sessions_silent);
  count("certfleet_broker_connections_total", zap.admitted(), {{"outcome", "admitted"}});
  count("certfleet_broker_connections_total", zap.refused(), {{"outcome", "refused"}});
  count("certfleet_broker_connections_total", failures, {{"outcome", "failed"}});
}

void BrokerMetrics::count(const std::string& counter, std::uint64_t total, const Metrics::Labels& labels) {
  auto& before = published_[{counter, labels}];
  metrics_.add(counter, static_cast<double>(total - before), labels);
  before = total;
}

}  // namespace certfleet::broker
