// The handler of jobs of kind verify.expiry: looks which certificates have passed a threshold of their expiry, and
// raises their events (manual 6.7.1). It has no subject.
#pragma once

#include "lib/pipeline/handler.h"

namespace certfleet::verify {

class ExpiryScan final : public pipeline::Handler {
 public:
  std::string_view kind() const override { return "verify.expiry"; }

  // In parts, each committed by itself: what was raised is not raised again by the next attempt.
  pipeline::Outcome run(const domain::Job& job, pipeline::Context& context) override;
  std::vector<pipeline::Write> gave_up(const domain::Job& job, const Failure& why) override;
};

}  // namespace certfleet::verify
