// The world outside, as a recording: it does what it is asked under a reference and counts. Like a real one
// it may answer late, or not at all although it has acted.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace certfleet::faults {

// A server on loopback with a thread of its own. A connection brings one line and gets one:
//   seen REFERENCE   yes, or no
//   act REFERENCE    done; each reference as often as it is asked: the recording forgives nothing
class Outside {
 public:
  // Of the references whose first act it records, one in `silent_one_in` gets no answer (0: all do).
  explicit Outside(int silent_one_in = 0);
  ~Outside();
  Outside(const Outside&) = delete;
  Outside& operator=(const Outside&) = delete;

  unsigned short port() const;
  std::map<std::string, int> acts() const;  // by reference
  // Called before a question whether a reference was seen is answered; on the server's thread.
  void on_question(std::function<void()> call);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The other end. Failure(retry) if no answer comes within `limit`.
class OutsideClient {
 public:
  OutsideClient(unsigned short port, std::chrono::milliseconds limit) : port_(port), limit_(limit) {}
  bool seen(const std::string& reference) const { return ask("seen " + reference) == "yes"; }
  void act(const std::string& reference) const { ask("act " + reference); }

 private:
  std::string ask(const std::string& line) const;

  unsigned short port_;
  std::chrono::milliseconds limit_;
};

}  // namespace certfleet::faults
