#include "workers/verify/verify_node.h"

#include <fmt/format.h>

#include "lib/net/tls_probe.h"
#include "lib/pki/certificate.h"
#include "lib/store/applies.h"
#include "lib/store/certificates.h"
#include "lib/store/nodes.h"
#include "lib/store/services.h"
#include "lib/store/settings.h"
#include "lib/trace/render.h"

namespace certfleet::verify {
namespace {

// Two attempts fit into the job's time.
constexpr std::chrono::seconds handshake_limit{20};
constexpr std::string_view unreachable = "unreachable";

struct Task {
  domain::Node node;
  bool looked_after = true;  // 7.2.2, 9.1.3: neither it nor its service is disabled
  domain::Settings settings;
  std::vector<domain::StoredCertificate> certificates;
};

Task load(store::Tx& tx, NodeId id) {
  auto node = store::nodes::get(tx, id);
  bool looked_after = node.enabled && store::services::get(tx, node.service).enabled;
  return {node, looked_after, store::settings::get(tx), store::certificates::list(tx, node.service)};
}

// A message that others have too, as said by us.
trace::Line of_verify(trace::Line line) {
  line.module = "verify";
  return line;
}

// The arguments of 2405 and 2406: address, host, name, port.
std::vector<std::string> words(const domain::Handshake& handshake) {
  return {handshake.proxy.value_or(handshake.host), handshake.host, handshake.server_name.value_or(""),
          std::to_string(handshake.port)};
}

pipeline::Write served(const domain::Node& node, std::string serial, std::string sha256, std::string_view state) {
  return [node, serial = std::move(serial), sha256 = std::move(sha256), state](store::Tx& tx) {
    store::applies::record_served(tx, node, serial, sha256, state);
  };
}

bool last_attempt(const domain::Job& job) {
  return job.attempts_failed + 1 >= job.attempts_max;
}

}  // namespace

Sighting probe_by_tls(const domain::Handshake& handshake, Deadline deadline, std::stop_token stop) {
  net::ProbeTarget target{{handshake.host, handshake.port}, handshake.server_name, std::nullopt};
  if (handshake.proxy) target.proxy = net::parse_address(*handshake.proxy);
  auto seen = net::probe(target, deadline, std::move(stop));
  return {seen.leaf.serial(), seen.leaf.sha256()};
}

pipeline::Outcome VerifyNode::run(const domain::Job& job, pipeline::Context& context) {
  NodeId id(job.subject);
  auto task = context.reading([&](store::Tx& tx) { return load(tx, id); });
  auto handshake = domain::handshake_of(task.node.verify, task.settings);
  if (!handshake || !task.looked_after) return pipeline::Outcome::done();
  context.trace(trace::line(2405, words(*handshake)));
  Sighting seen;
  try {
    seen = probe_(*handshake, context.deadline().within(handshake_limit), context.stop());
  } catch (const Failure& failure) {
    if (context.stop().stop_requested()) return pipeline::Outcome::cancelled();
    context.trace(of_verify(trace::line(failure.trace_id().value_or(29), {failure.what()})));
    if (!last_attempt(job)) return pipeline::Outcome::retry(failure);
    return pipeline::Outcome::done().with(served(task.node, "", "", unreachable));
  }
  auto verdict = domain::judge(seen.serial, seen.sha256, task.certificates);
  // Manual 1606: a certificate that the service does not know.
  if (verdict == domain::Served::other)
    context.trace(of_verify(trace::line(1606, {task.node.name, pki::show_serial(seen.serial)})));
  else
    context.trace(
        trace::line(verdict == domain::Served::match ? 2430 : 2431, {pki::show_serial(seen.serial)}));
  context.trace(trace::line(2406, words(*handshake)));
  return pipeline::Outcome::done().with(served(task.node, seen.serial, seen.sha256, to_string(verdict)));
}

std::vector<pipeline::Write> VerifyNode::gave_up(const domain::Job&, const Failure&) {
  return {};
}

}  // namespace certfleet::verify
