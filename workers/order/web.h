// The way to the CA, as an interface: tests put a scripted or a failing one before the real one.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>

#include "lib/base/clock.h"
#include "lib/net/http.h"

namespace certfleet::order {

class Web {
 public:
  virtual ~Web() = default;
  // Failures as of net::HttpClient.
  virtual net::HttpResponse send(const net::HttpRequest& request, Deadline deadline,
                                 std::stop_token stop) = 0;
};

using WebMaker = std::function<std::unique_ptr<Web>(net::HttpOptions options)>;

std::unique_ptr<Web> real_web(net::HttpOptions options);

}  // namespace certfleet::order
