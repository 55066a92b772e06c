#include "lib/bus/client.h"

#include <fmt/format.h>

#include "lib/base/error.h"
#include "lib/base/log.h"
#include "lib/bus/link.h"
#include "lib/bus/poller.h"
#include "lib/bus/room.h"
#include "lib/bus/uuid.h"

namespace certfleet::bus {
namespace {

constexpr int messages_per_turn = 64;        // of one broker, then the next one's turn
constexpr std::size_t refs_per_frame = 256;  // so that brokers get their parts in turn

}  // namespace

struct Client::Impl {
  struct Peer {
    BrokerAddress address;
    Dealer dealer;
    Link link;
  };

  Settings settings;
  KeyPair own;
  const Clock& clock;
  Context context;  // outlives the dealers
  std::vector<Peer> peers;
  std::size_t turn = 0;    // whose turn it is to get an offer first
  std::uint64_t room = 0;  // beyond what has been returned or waits in `offers`
  bool uneven = false;     // the room has to be divided anew
  std::vector<JobRef> offers;

  Impl(Settings a_settings, KeyPair an_own, const Clock& a_clock)
      : settings(std::move(a_settings)), own(std::move(an_own)), clock(a_clock) {
    Hello self{.instance = random_uuid(),
               .epoch = 0,
               .role = settings.role,
               .queue = settings.queue,
               .site = settings.site,
               .wants = settings.offer_ahead};
    for (const auto& address : settings.brokers)
      peers.push_back({address, Dealer(context, address, own, settings.times), Link(self)});
  }

  std::size_t connected() const {
    return static_cast<std::size_t>(
        std::count_if(peers.begin(), peers.end(), [](auto& p) { return p.link.up(); }));
  }

  // One event through one link, and what follows from it out of the socket.
  void step(Peer& peer, const Link::Event& event) {
    std::size_t before = connected();
    auto output = peer.link.step(event, clock.now());
    offers.insert(offers.end(), output.offers.begin(), output.offers.end());
    room -= std::min<std::uint64_t>(room, output.offers.size());
    if (!output.note.empty()) log::warn("broker {}: {}", peer.address.endpoint, output.note);
    if (output.fresh_socket) peer.dealer = Dealer(context, peer.address, own, settings.times);
    for (const auto& message : output.send) {
      if (peer.dealer.send(message)) continue;
      step(peer, Link::Unsent{});
      break;
    }
    uneven = uneven || connected() != before;
  }

  void settle() {
    while (std::exchange(uneven, false)) divide();
  }

  void divide() {
    std::vector<std::uint64_t> outstanding;
    for (const auto& peer : peers)
      if (peer.link.up()) outstanding.push_back(peer.link.outstanding());
    auto targets = divide_room(room, outstanding);
    std::size_t next = 0;
    for (auto& peer : peers)
      if (peer.link.up() && next < targets.size()) step(peer, Link::Room{targets[next++]});
  }

  void receive(Peer& peer) {
    for (int i = 0; i < messages_per_turn; ++i) {
      auto message = peer.dealer.receive();
      if (!message) return;
      step(peer, Link::Received{std::move(*message)});
    }
  }

  void ticks() {
    for (auto& peer : peers)
      if (peer.link.next() <= clock.now()) step(peer, Link::Tick{});
  }

  // At most until a link's own time comes.
  std::chrono::milliseconds nap(Instant until) const {
    for (const auto& peer : peers) until = std::min(until, peer.link.next());
    auto span = std::chrono::ceil<std::chrono::milliseconds>(until - clock.now());
    return std::max(span, std::chrono::milliseconds(0));
  }

  // One wait and the work it brings. Returns the readable ones of `fds`.
  std::vector<int> wait(std::chrono::milliseconds timeout, std::span<const int> fds) {
    Poller poller;
    for (auto& peer : peers) poller.add_socket(peer.dealer.handle(), peer.link.state() == Link::State::away);
    for (int fd : fds) poller.add_fd(fd);
    poller.wait(timeout);
    std::vector<int> readable;
    for (std::size_t i = 0; i < fds.size(); ++i)
      if (poller.readable(peers.size() + i)) readable.push_back(fds[i]);
    for (std::size_t i = 0; i < peers.size(); ++i) {
      if (poller.writable(i)) step(peers[i], Link::Connected{});
      if (poller.readable(i)) receive(peers[i]);
    }
    return readable;
  }

  bool room_to_offer(Queue queue) const {
    return std::any_of(peers.begin(), peers.end(),
                       [&](const Peer& peer) { return peer.link.window(queue) > 0; });
  }

  std::vector<Queue> full() const {
    std::vector<Queue> queues;
    for (Queue queue : domain::all_queues)
      if (!room_to_offer(queue)) queues.push_back(queue);
    return queues;
  }

  // Hands `refs`, all of one queue, to brokers in turn; returns those that found no room.
  std::vector<JobRef> offer(std::vector<JobRef> refs) {
    std::size_t failures = 0;
    while (!refs.empty() && failures < peers.size()) {
      Peer& peer = peers[turn++ % peers.size()];
      std::vector<JobRef> part(
          refs.begin(), refs.begin() + static_cast<std::ptrdiff_t>(std::min(refs.size(), refs_per_frame)));
      auto message = peer.link.offer(std::move(part));
      std::size_t taken = message ? message->refs.size() : 0;
      if (message && !peer.dealer.send(std::move(*message))) {
        step(peer, Link::Unsent{});
        taken = 0;
      }
      failures = taken > 0 ? 0 : failures + 1;
      refs.erase(refs.begin(), refs.begin() + static_cast<std::ptrdiff_t>(taken));
    }
    return refs;
  }
};

Client::Client(Settings settings, KeyPair own, const Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(settings), std::move(own), clock)) {}

Client::~Client() = default;

void Client::set_room(std::size_t offers) {
  if (impl_->room == offers) return;
  impl_->room = offers;
  impl_->uneven = true;
  impl_->settle();
}

std::vector<JobRef> Client::offer(std::vector<JobRef> refs) {
  std::map<Queue, std::vector<JobRef>> by_queue;
  for (auto& ref : refs) by_queue[ref.queue].push_back(ref);
  refs.clear();
  for (auto& [queue, part] : by_queue) {
    auto rest = impl_->offer(std::move(part));
    refs.insert(refs.end(), rest.begin(), rest.end());
  }
  impl_->settle();
  return refs;
}

bool Client::room_to_offer(Queue queue) const {
  return impl_->room_to_offer(queue);
}

Client::Events Client::poll(std::chrono::milliseconds timeout, std::span<const int> fds) {
  Instant until = impl_->clock.now() + timeout;
  Events events;
  auto full = impl_->full();
  for (;;) {
    impl_->ticks();
    impl_->settle();
    bool at_once = !impl_->offers.empty();
    events.readable = impl_->wait(at_once ? std::chrono::milliseconds(0) : impl_->nap(until), fds);
    impl_->settle();
    events.room = std::any_of(full.begin(), full.end(), [&](Queue queue) { return room_to_offer(queue); });
    if (!impl_->offers.empty() || !events.readable.empty() || events.room || impl_->clock.now() >= until)
      break;
  }
  events.offers.swap(impl_->offers);
  return events;
}

std::size_t Client::connected() const {
  return impl_->connected();
}

void Client::bye(std::string_view reason) {
  for (auto& peer : impl_->peers) impl_->step(peer, Link::Stop{std::string(reason)});
}

}  // namespace certfleet::bus
