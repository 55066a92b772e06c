#include "workers/verify/expiry_scan.h"

#include "lib/store/expiry_events.h"

namespace certfleet::verify {
namespace {

constexpr int rows_max = 500;  // of one transaction

}  // namespace

pipeline::Outcome ExpiryScan::run(const domain::Job&, pipeline::Context& context) {
  for (int raised = 1; raised > 0;) {
    if (context.stop().stop_requested()) return pipeline::Outcome::cancelled();
    if (context.deadline().over())
      return pipeline::Outcome::retry(Failure(Fault::retry, "not all certificates were looked at in time"));
    context.commit([&](store::Tx& tx) { raised = store::expiry_events::raise(tx, rows_max); });
  }
  return pipeline::Outcome::done();
}

std::vector<pipeline::Write> ExpiryScan::gave_up(const domain::Job&, const Failure&) { return {}; }

}  // namespace certfleet::verify
