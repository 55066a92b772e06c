#include "workers/apply/confirm.h"

#include <condition_variable>
#include <mutex>

#include "lib/base/error.h"

namespace certfleet::apply {
namespace {

constexpr auto first_wait = std::chrono::milliseconds(100);
constexpr auto longest_wait = std::chrono::milliseconds(2000);

void wait(std::chrono::milliseconds span, const std::stop_token& stop) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any never;
  never.wait_for(lock, stop, span, [] { return false; });
  if (stop.stop_requested()) throw Failure(Fault::retry, "confirming: stopped");
}

}  // namespace

Sighting wait_until_served(const Probe& probe, const Identity& expected, std::chrono::milliseconds limit,
                           const Budget& budget) {
  Budget own{budget.deadline.within(limit), budget.stop};
  for (auto pause = first_wait;; pause = std::min(pause * 2, longest_wait)) {
    auto sighting = probe(own);
    if (sighting.served == expected || own.deadline.left() <= pause) return sighting;
    wait(pause, budget.stop);
  }
}

}  // namespace certfleet::apply
