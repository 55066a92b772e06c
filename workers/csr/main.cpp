#include "lib/pipeline/worker.h"
#include "workers/csr/csr_make.h"

namespace {

certfleet::pipeline::Handlers handlers(certfleet::Config&, certfleet::pipeline::Toolbox&) {
  certfleet::pipeline::Handlers all;
  all.push_back(std::make_unique<certfleet::csr::CsrMake>());
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  return certfleet::pipeline::worker_main(argc, argv, "certfleet-worker-csr", certfleet::domain::Queue::csr,
                                          handlers);
}
