// The handler of jobs of kind csr.make: key and CSR of an order (manual 8.5, 8.6.1), then the order goes to
// the CA. The subject of the job is the order.
#pragma once

#include <vector>

#include "lib/pipeline/handler.h"

namespace certfleet::csr {

class CsrMake final : public pipeline::Handler {
 public:
  std::string_view kind() const override { return "csr.make"; }

  // The key leaves this process only as a sealed box, in the transaction of the job's end together with the
  // CSR and the job order.place. So an attempt that dies leaves nothing, and an order gets one key.
  pipeline::Outcome run(const domain::Job& job, pipeline::Context& context) override;
  std::vector<pipeline::Write> gave_up(const domain::Job& job, const Failure& why) override;
};

}  // namespace certfleet::csr
