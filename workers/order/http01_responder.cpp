#include "workers/order/http01_responder.h"

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServerConnection.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/TCPServer.h>
#include <Poco/Net/TCPServerConnectionFactory.h>
#include <Poco/ThreadPool.h>
#include <fcntl.h>
#include <fmt/format.h>

#include <mutex>

#include "lib/base/error.h"
#include "lib/base/log.h"
#include "lib/store/challenges.h"
#include "workers/order/acme_objects.h"

namespace certfleet::order {
namespace {

using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;

constexpr std::string_view path_prefix = "/.well-known/acme-challenge/";
constexpr int backlog = 64;   // the kernel's
constexpr int silence_s = 5;  // of a client in the middle of a request
constexpr int statement_ms = 3000;

// The token asked for; empty if this is no such request. Checked before it gets near the database.
std::string token_of(const HTTPServerRequest& request) {
  std::string_view path = request.getURI();
  if (!path.starts_with(path_prefix)) return {};
  auto token = path.substr(path_prefix.size());
  return is_token(token) ? std::string(token) : std::string();
}

// One connection for all threads: a look takes well under a millisecond.
class Challenges {
 public:
  explicit Challenges(store::DatabaseSettings settings) : database_(std::move(settings)) {}

  std::optional<std::string> find(const std::string& token) {
    std::lock_guard lock(mutex_);
    return database_.reading([&](store::Tx& tx) { return store::challenges::find(tx, token); });
  }

 private:
  std::mutex mutex_;  // guards the connection
  store::Database database_;
};

class Answer final : public Poco::Net::HTTPRequestHandler {
 public:
  Answer(HTTPServerResponse::HTTPStatus status, std::string body) : status_(status), body_(std::move(body)) {}

  void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override {
    response.setStatusAndReason(status_);
    response.setContentType("application/octet-stream");  // as section 8.3 has it
    if (request.getMethod() == "HEAD") {
      response.setContentLength(static_cast<std::streamsize>(body_.size()));
      response.send();
    } else {
      response.sendBuffer(body_.data(), body_.size());
    }
  }

 private:
  HTTPServerResponse::HTTPStatus status_;
  std::string body_;
};

class Router final : public Poco::Net::HTTPRequestHandlerFactory {
 public:
  explicit Router(Challenges& challenges) : challenges_(challenges) {}

  Poco::Net::HTTPRequestHandler* createRequestHandler(const HTTPServerRequest& request) override {
    bool reads = request.getMethod() == "GET" || request.getMethod() == "HEAD";
    if (!reads) return new Answer(HTTPServerResponse::HTTP_METHOD_NOT_ALLOWED, "");
    auto token = token_of(request);
    if (token.empty()) return new Answer(HTTPServerResponse::HTTP_NOT_FOUND, "");
    try {
      auto key_authorization = challenges_.find(token);
      if (key_authorization) return new Answer(HTTPServerResponse::HTTP_OK, std::move(*key_authorization));
      return new Answer(HTTPServerResponse::HTTP_NOT_FOUND, "");
    } catch (const Failure& failure) {
      log::warn("http-01: {}", failure.what());
      return new Answer(HTTPServerResponse::HTTP_SERVICE_UNAVAILABLE, "");
    }
  }

 private:
  Challenges& challenges_;
};

Poco::Net::ServerSocket listen_on(const std::string& address) {
  auto refuse = [&](Fault fault, const std::string& why) -> Failure {
    return {fault, fmt::format("http01.listen: can't listen on {}: {}", address, why)};
  };
  try {
    Poco::Net::ServerSocket socket;
    // Without SO_REUSEPORT, which would let a second one listen beside the first unnoticed.
    socket.bind(Poco::Net::SocketAddress(address), true, false);
    ::fcntl(socket.impl()->sockfd(), F_SETFD, FD_CLOEXEC);
    socket.listen(backlog);
    return socket;
  } catch (const Poco::Net::NetException& error) {
    bool in_use = error.code() == EADDRINUSE;
    if (error.code() == EACCES) throw refuse(Fault::denied, "ports below 1024 need CAP_NET_BIND_SERVICE");
    throw refuse(in_use ? Fault::conflict : Fault::usage,
                 in_use ? "the port is in use" : error.displayText());
  } catch (const Poco::Exception& error) {
    throw refuse(Fault::usage, error.displayText());
  }
}

// Whom a connection counts for: an address, or the network of one, where everybody has many.
std::string peer_of(const Poco::Net::StreamSocket& socket) {
  auto host = socket.peerAddress().host();
  if (host.family() == Poco::Net::IPAddress::IPv6 && !host.isIPv4Mapped())
    return (host & Poco::Net::IPAddress(64, Poco::Net::IPAddress::IPv6)).toString();
  return host.toString();
}

class Admission final : public Poco::Net::TCPServerConnectionFilter {
 public:
  explicit Admission(OpenConnections& open) : open_(open) {}

  bool accept(const Poco::Net::StreamSocket& socket) override {
    try {
      return open_.opened(socket.impl(), socket.impl()->sockfd(), peer_of(socket));
    } catch (const Poco::Exception&) {
      return false;  // it has gone again
    }
  }

 private:
  OpenConnections& open_;
};

class Connection final : public Poco::Net::HTTPServerConnection {
 public:
  Connection(const Poco::Net::StreamSocket& socket, Poco::Net::HTTPServerParams::Ptr params,
             Poco::Net::HTTPRequestHandlerFactory::Ptr router, OpenConnections& open)
      : HTTPServerConnection(socket, std::move(params), std::move(router)), key_(socket.impl()), open_(open) {}
  ~Connection() override { open_.ended(key_); }

 private:
  const void* key_;
  OpenConnections& open_;
};

class Connections final : public Poco::Net::TCPServerConnectionFactory {
 public:
  Connections(Poco::Net::HTTPServerParams::Ptr params, Challenges& challenges, OpenConnections& open)
      : params_(std::move(params)), router_(new Router(challenges)), open_(open) {}

  Poco::Net::TCPServerConnection* createConnection(const Poco::Net::StreamSocket& socket) override {
    return new Connection(socket, params_, router_, open_);
  }

 private:
  Poco::Net::HTTPServerParams::Ptr params_;
  Poco::Net::HTTPRequestHandlerFactory::Ptr router_;
  OpenConnections& open_;
};

Poco::Net::HTTPServerParams::Ptr params_of(const OpenConnections::Limits& limits) {
  Poco::Net::HTTPServerParams::Ptr params(new Poco::Net::HTTPServerParams);
  params->setMaxThreads(static_cast<int>(limits.served));
  params->setMaxQueued(static_cast<int>(2 * limits.open));  // never full: who is admitted is decided before
  params->setTimeout(Poco::Timespan(silence_s, 0));
  params->setKeepAlive(false);
  return params;
}

store::DatabaseSettings impatient(store::DatabaseSettings settings) {
  settings.application += " http-01";
  settings.statement_timeout_ms = statement_ms;
  return settings;
}

}  // namespace

struct Http01Responder::Impl {
  Poco::Net::ServerSocket socket;
  Challenges challenges;
  OpenConnections open;
  Poco::ThreadPool threads;
  Poco::Net::HTTPServerParams::Ptr params;
  Poco::Net::TCPServer server;

  Impl(const std::string& address, store::DatabaseSettings database, const OpenConnections::Limits& limits)
      : socket(listen_on(address)),
        challenges(impatient(std::move(database))),
        open(limits),
        threads(1, static_cast<int>(limits.served)),
        params(params_of(limits)),
        server(new Connections(params, challenges, open), threads, socket, params) {
    server.setConnectionFilter(new Admission(open));
  }
};

Http01Responder::Http01Responder(const std::string& address, store::DatabaseSettings database,
                                 const OpenConnections::Limits& limits)
    : impl_(std::make_unique<Impl>(address, std::move(database), limits)) {
  impl_->server.start();
}

Http01Responder::~Http01Responder() {
  impl_->server.stop();
  impl_->open.shut_all();
  impl_->threads.joinAll();
}

unsigned short Http01Responder::port() const {
  return impl_->socket.address().port();
}

}  // namespace certfleet::order
