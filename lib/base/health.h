// The HTTP face of a daemon: GET /metrics and GET /healthz, nothing else.
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace certfleet {

class HealthServer {
 public:
  // Listens on `address` ("host:port", port 0 for a free one). The two functions are called from the
  // server's own threads. Failure(conflict) if the port is in use.
  HealthServer(const std::string& address, std::function<std::string()> metrics, std::function<bool()> healthy);
  ~HealthServer();

  unsigned short port() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace certfleet
