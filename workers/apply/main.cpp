#include "lib/pipeline/reseal.h"
#include "lib/pipeline/worker.h"
#include "workers/apply/apply_run.h"

namespace {

// Keys of its own: sealing.key_files, the private halves that open what the command has sealed.
certfleet::pipeline::Handlers handlers(certfleet::Config& config, certfleet::pipeline::Toolbox& tools) {
  using namespace certfleet;
  pipeline::Handlers all;
  auto folder = std::filesystem::path(config.name()).parent_path();
  tools.sealing_keys = std::make_shared<pki::KeyRing>(config.texts("sealing.key_files"), folder);
  all.push_back(std::make_unique<apply::ApplyRun>(tools.sealing_keys));
  all.push_back(std::make_unique<pipeline::Reseal>("apply.reseal", tools.sealing_keys));
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  return certfleet::pipeline::worker_main(argc, argv, "certfleet-worker-apply",
                                          certfleet::domain::Queue::apply, handlers);
}
