// The handler of jobs of kind verify.node: one TLS handshake with one node, compared with the certificates of
// its service (manual 9.1.4). The subject of the job is the node.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lib/domain/verify.h"
#include "lib/pipeline/handler.h"

namespace certfleet::verify {

// What a handshake showed.
struct Sighting {
  std::string serial;
  std::string sha256;
};
// Makes the handshake. Failures as of net::probe. The real one is probe_by_tls.
using Probe = std::function<Sighting(const domain::Handshake&, Deadline, std::stop_token)>;
Sighting probe_by_tls(const domain::Handshake& handshake, Deadline deadline, std::stop_token stop);

class VerifyNode final : public pipeline::Handler {
 public:
  explicit VerifyNode(Probe probe = probe_by_tls) : probe_(std::move(probe)) {}

  std::string_view kind() const override { return "verify.node"; }

  // A node that does not answer is tried again as often as the kind allows; then it is recorded as
  // unreachable, and that is an answer: the job ends done. A node or service that is disabled or not
  // confirmed is left alone.
  pipeline::Outcome run(const domain::Job& job, pipeline::Context& context) override;
  std::vector<pipeline::Write> gave_up(const domain::Job& job, const Failure& why) override;

 private:
  Probe probe_;
};

}  // namespace certfleet::verify
