// Lets an attempt run until its n-th step to the outside and then takes it away: the n-th call fails, for every n.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "lib/base/error.h"
#include "workers/order/web.h"

namespace certfleet::testing {

// The worker's end, as far as its handler can tell: nothing catches it.
struct Crash {};

class Saboteur {
 public:
  enum class Means { crash, failure };

  // 0: nothing happens.
  void cut_at(int step, Means means) {
    at_ = step;
    means_ = means;
    count_ = 0;
  }
  // True once the cut was made.
  bool cut() const { return at_ > 0 && count_ >= at_; }

  // To be called before and after each effect. `what` tells in the log of a failed test where it was.
  void step(const std::string& what) {
    if (++count_ != at_) return;
    last_ = what;
    if (means_ == Means::crash) throw Crash{};
    throw Failure(Fault::retry, "cut: " + what);
  }
  const std::string& last() const { return last_; }

 private:
  int at_ = 0;
  int count_ = 0;
  Means means_ = Means::crash;
  std::string last_;
};

// What went over the wire.
struct Traffic {
  std::map<std::string, int> finalizes;  // by URL; those that a server refused for their nonce don't count
  int orders = 0;                        // newOrder answered by 201
  int accounts = 0;                      // newAccount answered by 201
  int requests = 0;
};

// The real way to the CA with a saboteur on both sides of each call, and a hand in the answers.
class WatchedWeb final : public order::Web {
 public:
  using Hand = std::function<void(const net::HttpRequest&, net::HttpResponse&)>;
  WatchedWeb(std::unique_ptr<order::Web> real, Saboteur& saboteur, Traffic& traffic, const Hand& hand)
      : real_(std::move(real)), saboteur_(saboteur), traffic_(traffic), hand_(hand) {}

  net::HttpResponse send(const net::HttpRequest& request, Deadline deadline, std::stop_token stop) override {
    saboteur_.step("before " + request.url);
    auto response = real_->send(request, deadline, std::move(stop));
    count(request, response);
    if (hand_) hand_(request, response);
    saboteur_.step("after " + request.url);
    return response;
  }

 private:
  void count(const net::HttpRequest& request, const net::HttpResponse& response) {
    auto has = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
    ++traffic_.requests;
    if (has(response.body, "badNonce")) return;
    if (has(request.url, "finalize")) ++traffic_.finalizes[request.url];
    if (has(request.url, "order-plz") && response.status == 201) ++traffic_.orders;
    if (has(request.url, "sign-me-up") && response.status == 201) ++traffic_.accounts;
  }

  std::unique_ptr<order::Web> real_;
  Saboteur& saboteur_;
  Traffic& traffic_;
  const Hand& hand_;
};

}  // namespace certfleet::testing
