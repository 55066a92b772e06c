#include "lib/pipeline/reseal.h"
#include "lib/pipeline/worker.h"
#include "workers/order/http01_responder.h"
#include "workers/order/order_place.h"

// Keys of its own: sealing.key_files, the private halves that open what the command has sealed;
// http01.listen, where this worker answers a CA's http-01 requests ("0.0.0.0:80"), "" where another one of
// the host does.
int main(int argc, char** argv) {
  using namespace certfleet;
  SystemClock clock;
  std::unique_ptr<order::Http01Responder> responder;
  return pipeline::worker_main(
      argc, argv, "certfleet-worker-order", domain::Queue::order,
      [&](Config& config, pipeline::Toolbox& tools) {
        auto folder = std::filesystem::path(config.name()).parent_path();
        tools.sealing_keys = std::make_shared<pki::KeyRing>(config.texts("sealing.key_files"), folder);
        auto listen = config.text("http01.listen", "0.0.0.0:80");
        if (!listen.empty()) responder = std::make_unique<order::Http01Responder>(listen, tools.database);
        pipeline::Handlers all;
        all.push_back(std::make_unique<order::OrderPlace>(tools.sealing_keys, clock));
        all.push_back(std::make_unique<pipeline::Reseal>("order.reseal", tools.sealing_keys));
        return all;
      });
}
