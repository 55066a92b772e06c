// The handler of jobs of kind apply.run: one apply on one node, from login to the confirmed certificate or
// back. The subject of the job is the apply.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/pipeline/handler.h"
#include "lib/pki/key_ring.h"
#include "workers/apply/sequence.h"
#include "workers/apply/targets.h"

namespace certfleet::apply {

class ApplyRun final : public pipeline::Handler {
 public:
  explicit ApplyRun(std::shared_ptr<pki::KeyRing> keys, SequenceLimits limits = {}, DialSsh dial = dial_ssh);

  std::string_view kind() const override { return "apply.run"; }

  // Durable steps are those of steps.h, in the column apply.step. A node that can't be reached or logged in to in the
  // middle of its change is waited for, beyond the attempts that a job has. A cancelled apply first puts its node
  // back, and waits for it likewise.
  pipeline::Outcome run(const domain::Job& job, pipeline::Context& context) override;
  bool sees_cancelled() const override { return true; }
  std::vector<pipeline::Write> gave_up(const domain::Job& job, const Failure& why) override;

 private:
  std::shared_ptr<pki::KeyRing> keys_;
  SequenceLimits limits_;
  DialSsh dial_;
};

}  // namespace certfleet::apply
