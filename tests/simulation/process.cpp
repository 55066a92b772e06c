#include "tests/simulation/process.h"

#include <fmt/format.h>

namespace certfleet::simulation {

void Process::wake_at(Instant when) {
  if (when >= next_wake_) return;
  next_wake_ = when;
  auto mine = ++wakes_;
  // The life of a process ends in the world's graveyard, so that the pointer stays good.
  world_.at(when, [this, mine] {
    if (!alive_ || mine != wakes_) return;
    next_wake_ = Instant::max();
    if (frozen()) return wake_at(frozen_until_);
    wake();
  });
}

void send(World& world, const std::string& from_connection, const std::string& to, const bus::Message& message) {
  int copies = 1;
  if (world.trouble()) {
    if (world.random.chance(world.setting.frame_lost)) copies = 0;
    if (world.random.chance(world.setting.frame_doubled)) ++copies;
  }
  for (int i = 0; i < copies; ++i) {
    auto delay = world.trouble() && world.random.chance(0.05) ? world.random.span(10, 3000) : world.random.span(0, 2);
    world.at(world.now() + delay, [&world, from_connection, to, message] {
      Process* process = world.find(to.substr(0, to.find('#')));
      if (process == nullptr || !process->alive()) return;
      if (process->frozen()) {  // it waits in the socket
        world.at(process->frozen_until(), [process, from_connection, to, message, &world] {
          if (process->alive() && !process->frozen()) process->receive(from_connection + ">" + to, message);
        });
        return;
      }
      process->receive(from_connection + ">" + to, message);
    });
  }
}

std::int64_t peer_number(const std::string& name) {
  std::int64_t number = 0;
  for (char c : name) number = number * 31 + c;
  return number;
}

Links::Links(World& world, std::string owner, bus::Hello self) : world_(world), owner_(std::move(owner)) {
  for (int i = 0; i < world.setting.brokers; ++i) peers_.push_back({bus::Link(self), 0});
}

std::string Links::connection_name(int broker) const {
  return fmt::format("{}#{}", owner_, peers_[static_cast<std::size_t>(broker)].connection);
}

void Links::step(int broker, const bus::Link::Event& event) {
  auto& peer = peers_[static_cast<std::size_t>(broker)];
  auto output = peer.link.step(event, world_.now());
  offers_.insert(offers_.end(), output.offers.begin(), output.offers.end());
  if (output.fresh_socket) ++peer.connection;
  for (const auto& message : output.send)
    send(world_, connection_name(broker), fmt::format("broker{}", broker), message);
}

void Links::receive(const std::string& path, const bus::Message& message) {
  // "broker1>worker3#2": what was sent to an older connection of ours never arrives.
  int broker = path[std::string("broker").size()] - '0';
  if (path.substr(path.find('>') + 1) == connection_name(broker)) step(broker, bus::Link::Received{message});
}

void Links::tick() {
  for (int i = 0; i < std::ssize(peers_); ++i) {
    auto& link = peers_[static_cast<std::size_t>(i)].link;
    if (link.state() == bus::Link::State::away && world_.broker(i) != nullptr && world_.broker(i)->alive())
      step(i, bus::Link::Connected{});
    else if (world_.now() >= link.next())
      step(i, bus::Link::Tick{});
  }
}

void Links::set_room(std::size_t room) {
  std::size_t up = 0;
  for (const auto& peer : peers_) up += peer.link.up() ? 1 : 0;
  for (int i = 0; i < std::ssize(peers_); ++i)
    if (peers_[static_cast<std::size_t>(i)].link.up())
      step(i, bus::Link::Room{room == 0 ? 0 : std::max<std::size_t>(1, room / up)});
}

std::vector<domain::JobRef> Links::offer(std::vector<domain::JobRef> refs) {
  std::vector<domain::JobRef> left;
  for (const auto& ref : refs) {
    bool sent = false;
    for (int i = 0; i < std::ssize(peers_) && !sent; ++i) {
      auto& link = peers_[static_cast<std::size_t>(i)].link;
      auto offer = link.up() ? link.offer({ref}) : std::nullopt;
      if (!offer) continue;
      send(world_, connection_name(i), fmt::format("broker{}", i), *offer);
      sent = true;
    }
    if (!sent) left.push_back(ref);
  }
  return left;
}

bool Links::room_to_offer(domain::Queue queue) const {
  return std::any_of(peers_.begin(), peers_.end(),
                     [&](const auto& peer) { return peer.link.up() && peer.link.window(queue) > 0; });
}

Instant Links::next() const {
  Instant soonest = world_.now() + 1s;
  for (const auto& peer : peers_) soonest = std::min(soonest, std::max(peer.link.next(), world_.now() + 1ms));
  return soonest;
}

}  // namespace certfleet::simulation
