// A TCP link that a test can break: it passes on to a port of 127.0.0.1 what comes to its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace certfleet::faults {

// Owns a thread. Its functions are for any thread and take effect before they return.
class Proxy {
 public:
  explicit Proxy(unsigned short to);
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  unsigned short port() const;

  // Ends what is connected and turns away what comes.
  void cut();
  // Passes nothing on and ends nothing: either side sees a peer that is silent. New connections are taken in
  // and wait too.
  void half_open();
  // Passes questions on and no answers: what was asked for is done, and nobody hears of it. With a word, from the next
  // question on in which it stands.
  void withhold_answers(const std::string& from_word = "");
  // What comes goes on after so long, in each direction.
  void slow(std::chrono::milliseconds delay);
  // As if nothing had been. What waited half-open goes on; after `forgotten`, it is ended instead, as by a
  // firewall that no longer knows the connection.
  void mend(bool forgotten = false);

  std::uint64_t passed() const;  // bytes, both directions
  int connections() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace certfleet::faults
