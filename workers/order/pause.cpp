#include "workers/order/pause.h"

#include <condition_variable>
#include <mutex>

namespace certfleet::order {

bool pause(std::chrono::milliseconds span, Deadline deadline, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock(mutex);
  woken.wait_until(lock, stop, deadline.within(span).at(), [] { return false; });
  return !stop.stop_requested();
}

}  // namespace certfleet::order
