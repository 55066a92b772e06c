#include "lib/pipeline/worker.h"
#include "workers/verify/expiry_scan.h"
#include "workers/verify/verify_node.h"

namespace {

certfleet::pipeline::Handlers handlers(certfleet::Config&, certfleet::pipeline::Toolbox&) {
  certfleet::pipeline::Handlers all;
  all.push_back(std::make_unique<certfleet::verify::VerifyNode>());
  all.push_back(std::make_unique<certfleet::verify::ExpiryScan>());
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  return certfleet::pipeline::worker_main(argc, argv, "certfleet-worker-verify",
                                          certfleet::domain::Queue::verify, handlers);
}
