// The queues of the pipeline: one for each kind of worker.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace certfleet::domain {

enum class Queue { csr, order, apply, verify, mail };

inline constexpr std::array<Queue, 5> all_queues = {Queue::csr, Queue::order, Queue::apply, Queue::verify,
                                                    Queue::mail};

std::string_view to_string(Queue queue);
std::optional<Queue> queue_from(std::string_view text);

}  // namespace certfleet::domain
