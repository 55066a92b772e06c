// The way to the CA with a saboteur on both sides of each call, an account of what went over it, and a hand
// in the answers.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "tests/support/bench/saboteur.h"
#include "workers/order/web.h"

namespace certfleet::testing {

// What went over the wire.
struct Traffic {
  std::map<std::string, int> finalizes;  // by URL; those that a server refused for their nonce don't count
  int orders = 0;                        // newOrder answered by 201
  int accounts = 0;                      // newAccount answered by 201
  int requests = 0;
};

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
