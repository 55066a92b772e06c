#include "lib/pipeline/worker.h"
#include "lib/pki/sealing_key_files.h"
#include "workers/apply/apply_run.h"

namespace {

// Keys of its own: sealing.key_files, the private halves that open what the command has sealed.
certfleet::pipeline::Handlers handlers(certfleet::Config& config, certfleet::pipeline::Toolbox& tools) {
  using namespace certfleet;
  pipeline::Handlers all;
  auto folder = std::filesystem::path(config.name()).parent_path();
  auto keys = pki::load_sealing_keys(config.texts("sealing.key_files"), folder);
  for (const auto& key : keys) tools.sealing_keys.push_back(key.id());
  all.push_back(std::make_unique<apply::ApplyRun>(std::move(keys)));
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  return certfleet::pipeline::worker_main(argc, argv, "certfleet-worker-apply",
                                          certfleet::domain::Queue::apply, handlers);
}
