// References a second through the broker, and the same frames through a bare ROUTER-DEALER proxy, both with CURVE.
//   bus-bench CONFIG-FOLDER broker|proxy|proxy-single REFERENCES       single: a frame for each reference
#include <fmt/format.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <zmq.hpp>

#include "lib/base/clock.h"
#include "lib/base/config.h"
#include "lib/base/error.h"
#include "lib/bus/client.h"
#include "lib/bus/message.h"

namespace {

using namespace certfleet;
using namespace std::chrono_literals;

constexpr std::size_t frame_refs = 256;  // of one frame: what a scheduler offers ahead

bus::JobRef reference(std::int64_t id) {
  bus::JobRef ref;
  ref.id = JobId(id);
  ref.queue = domain::Queue::verify;
  ref.service = ServiceId(id % 50 + 1);
  ref.priority = 4;
  return ref;
}

std::unique_ptr<bus::Client> client_of(const std::filesystem::path& folder, const std::string& daemon, bus::Role role,
                                       const Clock& clock) {
  auto config = Config::load(folder / (daemon + ".toml"));
  bus::Client::Settings settings;
  settings.role = role;
  if (role == bus::Role::worker) settings.queue = domain::Queue::verify;
  settings.offer_ahead = 4096;
  for (const auto& text : config.texts("brokers")) settings.brokers.push_back(bus::BrokerAddress::parse(text));
  return std::make_unique<bus::Client>(std::move(settings), bus::KeyPair::load(config.path("curve.secret_key_file")),
                                       clock);
}

double through_broker(const std::filesystem::path& folder, std::int64_t count) {
  SystemClock clock;
  std::atomic<std::int64_t> received{0};
  std::atomic<bool> ready{false};
  std::jthread worker([&](const std::stop_token& stop) {
    auto client = client_of(folder, "worker-verify", bus::Role::worker, clock);
    while (!stop.stop_requested()) {
      client->set_room(4096);
      ready = client->connected() > 0;
      received += std::ssize(client->poll(20ms).offers);
    }
    client->bye("done");
  });
  auto scheduler = client_of(folder, "scheduler", bus::Role::scheduler, clock);
  while (!ready || scheduler->connected() == 0) scheduler->poll(20ms);
  auto start = Monotonic::now();
  std::vector<bus::JobRef> waiting;
  // There is always more to offer: on a busy machine a beat may be missed, and what was under way is lost then.
  for (std::int64_t next = 1; received < count;) {
    while (waiting.size() < frame_refs) waiting.push_back(reference(next++));
    auto before = waiting.size();
    waiting = scheduler->offer(std::move(waiting));
    if (waiting.size() == before) scheduler->poll(5ms);
    if (Monotonic::now() - start > 120s) throw Failure(Fault::unreachable, "the broker does not keep up");
  }
  return static_cast<double>(count) / std::chrono::duration<double>(Monotonic::now() - start).count();
}

struct Keys {
  std::array<char, 41> open{}, secret{};
  Keys() { zmq_curve_keypair(open.data(), secret.data()); }
};

void be_server(zmq::socket_t& socket, const Keys& keys) {
  socket.set(zmq::sockopt::curve_server, true);
  socket.set(zmq::sockopt::curve_secretkey, keys.secret.data());
  socket.bind("tcp://127.0.0.1:*");
}

void connect(zmq::socket_t& socket, const Keys& own, const Keys& server, zmq::socket_t& to) {
  socket.set(zmq::sockopt::curve_serverkey, server.open.data());
  socket.set(zmq::sockopt::curve_publickey, own.open.data());
  socket.set(zmq::sockopt::curve_secretkey, own.secret.data());
  socket.set(zmq::sockopt::linger, 0);
  socket.connect(to.get(zmq::sockopt::last_endpoint));
}

double through_proxy(std::int64_t count, std::size_t refs_of_frame) {
  bus::Offer offer;
  offer.queue = domain::Queue::verify;
  for (std::size_t i = 0; i < refs_of_frame; ++i) offer.refs.push_back(reference(static_cast<std::int64_t>(i)));
  auto frame = bus::encode(offer);

  zmq::context_t context;
  Keys server, first, second;
  zmq::socket_t front(context, zmq::socket_type::router), back(context, zmq::socket_type::dealer);
  zmq::socket_t control(context, zmq::socket_type::pair), controlled(context, zmq::socket_type::pair);
  control.bind("inproc://control");
  controlled.connect("inproc://control");
  be_server(front, server);
  be_server(back, server);
  std::jthread proxy([&] { zmq::proxy_steerable(front, back, zmq::socket_ref(), controlled); });
  auto in_frame = static_cast<std::int64_t>(refs_of_frame);
  auto messages = (count + in_frame - 1) / in_frame;
  std::jthread sender([&] {
    zmq::socket_t socket(context, zmq::socket_type::dealer);
    connect(socket, first, server, front);
    for (std::int64_t i = 0; i < messages; ++i) socket.send(zmq::buffer(frame), zmq::send_flags::none);
    socket.set(zmq::sockopt::linger, 10'000);
  });
  zmq::socket_t sink(context, zmq::socket_type::dealer);
  connect(sink, second, server, back);
  sink.set(zmq::sockopt::rcvtimeo, 30'000);
  Instant start;
  zmq::message_t part;
  for (std::int64_t i = 0; i < messages; ++i) {
    do {
      if (!sink.recv(part)) throw Failure(Fault::unreachable, "the proxy does not keep up");
    } while (part.more());
    if (i == 0) start = Monotonic::now();
  }
  auto seconds = std::chrono::duration<double>(Monotonic::now() - start).count();
  control.send(zmq::str_buffer("TERMINATE"), zmq::send_flags::none);
  return static_cast<double>((messages - 1) * in_frame) / seconds;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: bus-bench CONFIG-FOLDER broker|proxy|proxy-single REFERENCES\n");
    return 2;
  }
  try {
    auto count = std::atoll(argv[3]);
    std::string_view what = argv[2];
    fmt::print("{:.0f}\n", what == "broker" ? through_broker(argv[1], count)
                                            : through_proxy(count, what == "proxy" ? frame_refs : 1));
    return 0;
  } catch (const std::exception& failure) {
    fmt::print(stderr, "bus-bench: {}\n", failure.what());
    return 1;
  }
}
