// A worker of the verify queue whose jobs leave a record of all that they do (tests/faults/task.h). In its
// configuration, outside.port is where the recording outside listens.
#include <signal.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <pqxx/pqxx>

#include "lib/base/clock.h"
#include "lib/pipeline/worker.h"
#include "tests/faults/outside.h"
#include "tests/faults/task.h"

namespace {

using namespace certfleet;
using namespace std::chrono_literals;
using faults::Task;
using pipeline::Outcome;

constexpr auto outside_limit = 2s;
constexpr int keyed_steps = 3;
constexpr auto keyed_rest = 20ms;  // between two of them
constexpr auto first_of_later = 600ms;
constexpr auto look_again = 20ms;

Task task_of(store::Tx& tx, std::int64_t id) {
  if (id >= faults::follow_up_offset) return {.id = id};
  auto row = tx.raw().exec_params1("SELECT recipe, key FROM faults.task WHERE id = $1", id);
  return {.id = id, .recipe = static_cast<Task::Recipe>(row[0].as<int>()), .key = row[1].as<std::string>()};
}

pipeline::Write effect(const domain::Job& job, const char* what) {
  return [=, id = job.id, fence = job.fence, task = job.subject](store::Tx& tx) {
    tx.raw().exec_params0("INSERT INTO faults.effect VALUES ($1, $2, $3, $4)", task, id.value(),
                          fence.value(), what);
  };
}

// Counted under the key's row lock: the numbers are the order in which the steps were committed.
pipeline::Write step(const domain::Job& job) {
  return [id = job.id, fence = job.fence, key = job.concurrency_key](store::Tx& tx) {
    auto row = tx.raw().exec_params1(
        "INSERT INTO faults.key VALUES ($1, 1) ON CONFLICT (key) DO UPDATE SET n = key.n + 1 RETURNING n",
        key);
    tx.raw().exec_params0("INSERT INTO faults.step VALUES ($1, $2, $3, $4)", key, row[0].as<std::int64_t>(),
                          id.value(), fence.value());
  };
}

pipeline::Write intent(const domain::Job& job) {
  return [id = job.id, fence = job.fence, task = job.subject](store::Tx& tx) {
    tx.raw().exec_params0("INSERT INTO faults.intent VALUES ($1, $2, $3) ON CONFLICT (task) DO NOTHING", task,
                          id.value(), fence.value());
  };
}

// False if the job was told to stop meanwhile.
bool rest(const std::stop_token& stop, std::chrono::milliseconds span) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, span, [] { return false; });
  return !stop.stop_requested();
}

class Recording final : public pipeline::Handler {
 public:
  explicit Recording(Config& config)
      : outside_(static_cast<unsigned short>(config.number("outside.port", 0, 0, 65535)), outside_limit) {}

  std::string_view kind() const override { return "verify.node"; }

  Outcome run(const domain::Job& job, pipeline::Context& context) override {
    auto task = context.reading([&](store::Tx& tx) { return task_of(tx, job.subject); });
    switch (task.recipe) {
      case Task::Recipe::plain:
        break;
      case Task::Recipe::outside:
        return reach_out(job, context);
      case Task::Recipe::chain:
        return Outcome::done()
            .with(effect(job, "done"))
            .then({.kind = kind(), .subject = faults::follow_up(job.subject), .site = job.site});
      case Task::Recipe::slow:
        if (!rest(context.stop(), std::chrono::milliseconds(100 + job.subject % 10 * 100)))
          return Outcome::cancelled();
        break;
      case Task::Recipe::longer:
        if (!rest(context.stop(), job.fence == Fence(1) ? 300ms : 3000ms)) return Outcome::cancelled();
        break;
      case Task::Recipe::flaky:
        if (job.attempts_failed == 0) throw Failure(Fault::retry, "the first time it does not work");
        break;
      case Task::Recipe::stuck:
        if (job.fence == Fence(1) && !rest(context.stop(), 1min)) return Outcome::cancelled();
        break;
      case Task::Recipe::later:
        context.commit(intent(job));
        if (!(job.fence == Fence(1) ? rest(context.stop(), first_of_later) : told_to_end(job, context)))
          return Outcome::cancelled();
        break;
      case Task::Recipe::failing:
        throw Failure(Fault::permanent, "it never works");
      case Task::Recipe::keyed:
        return in_turn(job, context);
      case Task::Recipe::poison:
        ::kill(::getpid(), SIGKILL);
    }
    return Outcome::done().with(effect(job, "done"));
  }

  std::vector<pipeline::Write> gave_up(const domain::Job& job, const Failure&) override {
    return {effect(job, "gave up")};
  }

 private:
  // The rule of the design: a durable intent with a stable reference, the outside is asked first, and only
  // then it acts.
  Outcome reach_out(const domain::Job& job, pipeline::Context& context) {
    auto reference = faults::reference_of(job.subject);
    context.commit(intent(job));
    // Time for whatever may happen between an intent and its act.
    if (!rest(context.stop(), std::chrono::milliseconds(job.subject % 50))) return Outcome::cancelled();
    if (!outside_.seen(reference)) {
      context.commit([](store::Tx&) {});  // still ours: the answer may have taken its time
      outside_.act(reference);
    }
    return Outcome::done().with(effect(job, "done"));
  }

  // False if it was told to stop before somebody acted for it outside.
  bool told_to_end(const domain::Job& job, const pipeline::Context& context) const {
    while (!outside_.seen(faults::reference_of(job.subject)))
      if (!rest(context.stop(), look_again)) return false;
    return true;
  }

  Outcome in_turn(const domain::Job& job, pipeline::Context& context) {
    for (int i = 0; i < keyed_steps; ++i) {
      context.commit(step(job));
      if (!rest(context.stop(), keyed_rest)) return Outcome::cancelled();
    }
    return Outcome::done().with(step(job)).with(effect(job, "done"));
  }

  faults::OutsideClient outside_;
};

}  // namespace

int main(int argc, char** argv) {
  return pipeline::worker_main(argc, argv, "recording-worker", domain::Queue::verify,
                               [](Config& config, pipeline::Toolbox&) {
                                 pipeline::Handlers handlers;
                                 handlers.push_back(std::make_unique<Recording>(config));
                                 return handlers;
                               });
}
