// Answers the CA's http-01 requests (RFC 8555 section 8.3) from the table acme_challenge: the responder of
// any order worker on any host can answer for any order.
#pragma once

#include <memory>
#include <string>

#include "lib/store/transaction.h"
#include "workers/order/open_connections.h"

namespace certfleet::order {

// GET and HEAD of /.well-known/acme-challenge/TOKEN, nothing else. It stands open to the world: requests are
// short, few at a time and limited in time as a whole (open_connections.h), one connection to the database serves
// them all, and while that is away the answer is 503.
class Http01Responder {
 public:
  // Listens on `address` ("0.0.0.0:80", port 0 for a free one) until it dies. Failure(conflict) in one line
  // if the port is in use, (denied) if it may not be taken.
  Http01Responder(const std::string& address, store::DatabaseSettings database,
                  const OpenConnections::Limits& limits = OpenConnections::Limits());
  ~Http01Responder();

  unsigned short port() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace certfleet::order
