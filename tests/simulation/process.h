// A process of one life: it wakes when its time has come or a frame arrives, unless it is dead or frozen.
#pragma once

#include <memory>
#include <string>

#include "lib/bus/link.h"
#include "lib/bus/message.h"
#include "tests/simulation/world.h"

namespace certfleet::simulation {

class Process {
 public:
  Process(World& world, std::string name) : world_(world), name_(std::move(name)) {}
  virtual ~Process() = default;

  const std::string& name() const { return name_; }
  bool alive() const { return alive_; }
  bool frozen() const { return world_.now() < frozen_until_; }
  void kill() { alive_ = false; }
  void freeze(std::chrono::milliseconds span) { frozen_until_ = world_.now() + span; }
  Instant frozen_until() const { return frozen_until_; }

  // Does what there is to do, and says by wake_at() when to be woken again.
  virtual void wake() = 0;
  // A frame. `connection` is the sender's connection, as a routing id.
  virtual void receive(const std::string& connection, const bus::Message& message) = 0;

 protected:
  void wake_at(Instant when);

  World& world_;

 private:
  std::string name_;
  bool alive_ = true;
  Instant frozen_until_{};
  Instant next_wake_ = Instant::max();
  std::uint64_t wakes_ = 0;
};

// Passes a frame on, with the network's troubles. Frames for the dead are lost, frames for the frozen wait.
void send(World& world, const std::string& from_connection, const std::string& to, const bus::Message& message);

// The links of a scheduler or worker to all brokers.
class Links {
 public:
  Links(World& world, std::string owner, bus::Hello self);

  void step(int broker, const bus::Link::Event& event);
  void receive(const std::string& broker, const bus::Message& message);
  void tick();                     // connects and beats
  void set_room(std::size_t room);
  std::vector<domain::JobRef> offer(std::vector<domain::JobRef> refs);
  bool room_to_offer(domain::Queue queue) const;
  std::vector<domain::JobRef> take_offers() { return std::exchange(offers_, {}); }
  Instant next() const;

 private:
  struct Peer {
    bus::Link link;
    int connection = 0;
  };
  std::string connection_name(int broker) const;

  World& world_;
  std::string owner_;
  std::vector<Peer> peers_;
  std::vector<domain::JobRef> offers_;
};

std::unique_ptr<Process> make_broker(World& world, const std::string& name);
std::unique_ptr<Process> make_scheduler(World& world, const std::string& name);
std::unique_ptr<Process> make_worker(World& world, const std::string& name, domain::Queue queue);

// The enrolled peer behind a process's name; ids are given by name.
std::int64_t peer_number(const std::string& name);

}  // namespace certfleet::simulation
