// A worker of the verify queue whose jobs do nothing: what is left is the pipeline.
#include "lib/base/clock.h"
#include "lib/pipeline/worker.h"

namespace {

using namespace certfleet;

class Noop final : public pipeline::Handler {
 public:
  std::string_view kind() const override { return "verify.node"; }
  pipeline::Outcome run(const domain::Job&, pipeline::Context&) override { return pipeline::Outcome::done(); }
  std::vector<pipeline::Write> gave_up(const domain::Job&, const Failure&) override { return {}; }
};

}  // namespace

int main(int argc, char** argv) {
  return pipeline::worker_main(argc, argv, "noop-worker", domain::Queue::verify, [](Config&, pipeline::Toolbox&) {
    pipeline::Handlers handlers;
    handlers.push_back(std::make_unique<Noop>());
    return handlers;
  });
}
