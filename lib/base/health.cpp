#include "lib/base/health.h"

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/ServerSocket.h>
#include <fmt/format.h>

#include "lib/base/error.h"

namespace certfleet {
namespace {

using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;

class Answer final : public Poco::Net::HTTPRequestHandler {
 public:
  Answer(HTTPServerResponse::HTTPStatus status, std::string type, std::string body)
      : status_(status), type_(std::move(type)), body_(std::move(body)) {}

  void handleRequest(HTTPServerRequest&, HTTPServerResponse& response) override {
    response.setStatusAndReason(status_);
    response.setContentType(type_);
    response.sendBuffer(body_.data(), body_.size());
  }

 private:
  HTTPServerResponse::HTTPStatus status_;
  std::string type_;
  std::string body_;
};

class Router final : public Poco::Net::HTTPRequestHandlerFactory {
 public:
  Router(std::function<std::string()> metrics, std::function<bool()> healthy)
      : metrics_(std::move(metrics)), healthy_(std::move(healthy)) {}

  Poco::Net::HTTPRequestHandler* createRequestHandler(const HTTPServerRequest& request) override {
    if (request.getURI() == "/metrics")
      return new Answer(HTTPServerResponse::HTTP_OK, "text/plain; version=0.0.4", metrics_());
    if (request.getURI() == "/healthz")
      return healthy_() ? new Answer(HTTPServerResponse::HTTP_OK, "text/plain", "ok\n")
                        : new Answer(HTTPServerResponse::HTTP_SERVICE_UNAVAILABLE, "text/plain", "stuck\n");
    return new Answer(HTTPServerResponse::HTTP_NOT_FOUND, "text/plain", "not found\n");
  }

 private:
  std::function<std::string()> metrics_;
  std::function<bool()> healthy_;
};

Poco::Net::ServerSocket listen_on(const std::string& address) {
  try {
    Poco::Net::ServerSocket socket;
    // Without SO_REUSEPORT, which would let a second daemon listen beside the first unnoticed.
    socket.bind(Poco::Net::SocketAddress(address), true, false);
    socket.listen(16);
    return socket;
  } catch (const Poco::Exception& error) {
    throw Failure(Fault::conflict, fmt::format("health.listen: can't listen on {}: {}", address, error.displayText()));
  }
}

}  // namespace

struct HealthServer::Impl {
  Poco::Net::ServerSocket socket;
  Poco::Net::HTTPServer server;

  static Poco::Net::HTTPServerParams::Ptr params() {
    Poco::Net::HTTPServerParams::Ptr params(new Poco::Net::HTTPServerParams);
    params->setMaxThreads(2);
    params->setMaxQueued(16);
    params->setTimeout(Poco::Timespan(5, 0));
    params->setKeepAlive(false);
    return params;
  }
  Impl(const std::string& address, std::function<std::string()> metrics, std::function<bool()> healthy)
      : socket(listen_on(address)),
        server(new Router(std::move(metrics), std::move(healthy)), socket, params()) {}
};

HealthServer::HealthServer(const std::string& address, std::function<std::string()> metrics,
                           std::function<bool()> healthy)
    : impl_(std::make_unique<Impl>(address, std::move(metrics), std::move(healthy))) {
  impl_->server.start();
}

HealthServer::~HealthServer() { impl_->server.stopAll(true); }

unsigned short HealthServer::port() const { return impl_->socket.address().port(); }

}  // namespace certfleet
