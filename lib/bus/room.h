// How a worker's room is divided among its brokers.
#pragma once

#include <cstdint>
#include <vector>

namespace certfleet::bus {

// How much credit each broker should hold: an even part of `room`, at least one while there is room at all,
// so that no broker's offers wait for ever. `outstanding` is what each holds already; that can't be taken
// back, so what one holds beyond its part is missing elsewhere. In all no more than `room` and one for each
// broker but the first is given anew.
std::vector<std::uint64_t> divide_room(std::uint64_t room, const std::vector<std::uint64_t>& outstanding);

}  // namespace certfleet::bus
