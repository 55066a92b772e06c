// The bus as a scheduler or a worker sees it: offers go out, offers come in, and either may be lost, doubled
// or late. For one thread.
#pragma once

#include <chrono>
#include <span>
#include <string_view>
#include <vector>

#include "lib/bus/message.h"

namespace certfleet::bus {

class Bus {
 public:
  virtual ~Bus() = default;

  // For how many offers, beyond those that poll() has returned, there is room from now on. To be told anew
  // whenever it changes; the same number costs nothing. It is divided among the brokers, each with at least
  // one, so that up to brokers - 1 offers more than this may come. 0: no offers at once, credit or not.
  virtual void set_room(std::size_t offers) = 0;

  // Hands over as many of `refs` as brokers have granted room for and returns the others, which wait in the
  // database: a queue that is full at the brokers holds up no other. Never blocks.
  virtual std::vector<JobRef> offer(std::vector<JobRef> refs) = 0;
  // False if no reference of the queue would be accepted now.
  virtual bool room_to_offer(Queue queue) const = 0;

  struct Events {
    std::vector<JobRef> offers;
    std::vector<int> readable;  // of `fds`
    bool room = false;          // a queue that had no room to offer has some now
  };
  // Waits until there is one of these events or the time has passed, and does the bus's own work (connecting,
  // beats). To be called at least each second.
  virtual Events poll(std::chrono::milliseconds timeout, std::span<const int> fds = {}) = 0;

  // Brokers that have welcomed us and are alive.
  virtual std::size_t connected() const = 0;

  // Ends all sessions, so that brokers send nothing more and route to others at once.
  virtual void bye(std::string_view reason) = 0;
};

}  // namespace certfleet::bus
