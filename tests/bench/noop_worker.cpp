// A worker of the verify queue whose jobs do nothing: what is left is the pipeline. In its configuration
//   bench.starts_file   a file (or pipe) that gets a line for each job: its id, and the time of the handler's first
//                       line on the monotonic clock, in nanoseconds
//   bench.traces        true: each job writes one trace
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "lib/base/clock.h"
#include "lib/pipeline/worker.h"
#include "lib/trace/render.h"

namespace {

using namespace certfleet;

class Noop final : public pipeline::Handler {
 public:
  explicit Noop(Config& config) : traces_(config.flag("bench.traces", false)) {
    auto file = config.path_if_set("bench.starts_file");
    if (!file) return;
    starts_ = ::open(file->c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (starts_ < 0) throw std::system_error(errno, std::generic_category(), file->string());
  }

  std::string_view kind() const override { return "verify.node"; }

  pipeline::Outcome run(const domain::Job& job, pipeline::Context& context) override {
    if (starts_ >= 0) {
      auto now = Monotonic::now().time_since_epoch();
      auto line = fmt::format("{} {}\n", job.id.value(), std::chrono::nanoseconds(now).count());
      if (::write(starts_, line.data(), line.size()) < 0) return pipeline::Outcome::cancelled();
    }
    if (traces_) context.trace(trace::line(2625, {job.kind}));
    return pipeline::Outcome::done();
  }
  std::vector<pipeline::Write> gave_up(const domain::Job&, const Failure&) override { return {}; }

 private:
  bool traces_;
  int starts_ = -1;
};

}  // namespace

int main(int argc, char** argv) {
  return pipeline::worker_main(argc, argv, "noop-worker", domain::Queue::verify,
                               [](Config& config, pipeline::Toolbox&) {
                                 pipeline::Handlers handlers;
                                 handlers.push_back(std::make_unique<Noop>(config));
                                 return handlers;
                               });
}
