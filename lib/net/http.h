// HTTP for the workers' calls to CAs and to nodes' management interfaces.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/clock.h"
#include "lib/net/address.h"

namespace certfleet::net {

struct HttpRequest {
  std::string method = "GET";  // GET, HEAD, POST, PUT, PATCH, DELETE
  std::string url = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
};

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case, in the order received
  std::string body;

  // The first of that name (in lower case).
  std::optional<std::string> header(std::string_view name) const;
  std::vector<std::string> all(std::string_view name) const;
  // Retry-After, as seconds or as date; never negative, at most one day. None if there is none or it can't be read.
  // A date counts from the answer's own Date, so that neither side's wrong clock matters, without one from `now`.
  std::optional<std::chrono::seconds> retry_after(WallTime now) const;
};

struct HttpOptions {
  std::optional<std::string> ca_pem;  // trusted instead of the system's store
  std::optional<Address> proxy;       // an HTTP proxy; environment variables are not looked at
  std::chrono::milliseconds connect_limit{15'000};
  std::size_t body_bytes_max = 4U * 1024U * 1024U;
  bool plain_http = false;  // accept http:// as well
};

// Keeps connections between calls. A thread owns it. TLS 1.2 at least; the certificate and the name are
// always verified. Every status is an answer, not a failure.
class HttpClient {
 public:
  explicit HttpClient(HttpOptions options = {});
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;

  // Ends at the deadline, and soon after a stop is asked for. Failures name host and reason, never a header,
  // a query or a body:
  //   unreachable: the name doesn't resolve, nobody answers, the connection is refused
  //   retry: it broke or took too long after it stood, or we were asked to stop; the request may have arrived
  //   permanent: the certificate is not trusted, the answer is too large, the request is not acceptable
  HttpResponse send(const HttpRequest& request, Deadline deadline, std::stop_token stop = {});

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace certfleet::net
