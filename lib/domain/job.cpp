#include "lib/domain/job.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lib/base/error.h"

namespace certfleet::domain {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// name, queue, time limit of an attempt, failed attempts at most, backoff base and longest, whether the settings'
// completion timer counts instead of the time limit (which is the timer's default, lib/domain/settings.h)
constexpr std::array kinds = {
    JobKind{"csr.make", Queue::csr, minutes(2), 5, seconds(2), minutes(1), true},
    JobKind{"order.place", Queue::order, minutes(10), 12, seconds(15), hours(1), true},
    JobKind{"apply.run", Queue::apply, minutes(5), 3, seconds(10), minutes(5), true},
    // The secrets that a kind of worker may open, sealed anew to the active key: in pieces, so that a job ends.
    JobKind{"apply.reseal", Queue::apply, minutes(10), 5, seconds(5), minutes(1)},
    JobKind{"order.reseal", Queue::order, minutes(10), 5, seconds(5), minutes(1)},
    JobKind{"mail.reseal", Queue::mail, minutes(10), 5, seconds(5), minutes(1)},
    JobKind{"verify.node", Queue::verify, minutes(1), 4, seconds(5), minutes(5), true},
    JobKind{"verify.expiry", Queue::verify, minutes(10), 5, seconds(10), minutes(10)},
    JobKind{"mail.send", Queue::mail, minutes(1), 10, seconds(5), minutes(30), true},
    JobKind{"mail.test", Queue::mail, minutes(1), 1, seconds(5), seconds(5), true},
};

}  // namespace

std::string_view to_string(Queue queue) {
  switch (queue) {
    case Queue::csr: return "csr";
    case Queue::order: return "order";
    case Queue::apply: return "apply";
    case Queue::verify: return "verify";
    case Queue::mail: return "mail";
  }
  return "unknown";
}

std::optional<Queue> queue_from(std::string_view text) {
  for (Queue queue : all_queues)
    if (to_string(queue) == text) return queue;
  return std::nullopt;
}

const JobKind* find_job_kind(std::string_view name) {
  const auto* found = std::find_if(kinds.begin(), kinds.end(), [&](const auto& k) { return k.name == name; });
  return found == kinds.end() ? nullptr : found;
}

const JobKind& job_kind(std::string_view name) {
  const auto* kind = find_job_kind(name);
  CERTFLEET_INVARIANT(kind != nullptr, name);
  return *kind;
}

seconds backoff(const JobKind& kind, int attempts_failed, std::optional<seconds> asked, double dice) {
  CERTFLEET_INVARIANT(dice >= 0 && dice < 1, kind.name);
  // Past 20 doublings every base has met its longest wait; more would only overflow.
  auto ceiling = std::min(kind.backoff_base * (1L << std::clamp(attempts_failed, 0, 20)), kind.backoff_max);
  seconds wait(static_cast<std::int64_t>(static_cast<double>(ceiling.count()) * dice) + 1);
  return std::max(wait, asked.value_or(seconds(0)));
}

std::string key_of(AccessId access) { return fmt::format("access:{}", access.value()); }
std::string key_of(OrderId order) { return fmt::format("order:{}", order.value()); }

}  // namespace certfleet::domain
