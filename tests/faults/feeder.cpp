#include "tests/faults/feeder.h"

#include <condition_variable>
#include <mutex>

#include "lib/base/error.h"

namespace certfleet::faults {

Feeder::Feeder(House& house, int jobs, std::chrono::milliseconds every) {
  thread_ = std::jthread([&house, jobs, every](const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    for (int turn = 0; !stop.stop_requested(); ++turn) {
      std::vector<Task> tasks;
      for (int i = 0; i < jobs; ++i) tasks.push_back({.id = house.next_id()});
      if (turn % 10 == 0) tasks.front().recipe = Task::Recipe::slow;
      try {
        house.enqueue(tasks);
      } catch (const Failure&) {
        // Not acknowledged: nobody waits for it.
      }
      never.wait_for(lock, stop, every, [] { return false; });
    }
  });
}

}  // namespace certfleet::faults
