#include "workers/order/web.h"

namespace certfleet::order {
namespace {

class RealWeb final : public Web {
 public:
  explicit RealWeb(net::HttpOptions options) : client_(std::move(options)) {}
  net::HttpResponse send(const net::HttpRequest& request, Deadline deadline, std::stop_token stop) override {
    return client_.send(request, deadline, std::move(stop));
  }

 private:
  net::HttpClient client_;
};

}  // namespace

std::unique_ptr<Web> real_web(net::HttpOptions options) {
  return std::make_unique<RealWeb>(std::move(options));
}

}  // namespace certfleet::order
