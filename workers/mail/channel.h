// A connection to a mail server, first in the clear, then over TLS. Nothing waits past the waiter's deadline or
// a stop, whatever the server does. One thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/net/address.h"
#include "lib/net/waiter.h"
#include "workers/mail/reply.h"

namespace certfleet::mail {

class Channel {
 public:
  // Connects. Failure(unreachable or retry) as net::connect_to.
  Channel(const net::Address& address, const net::Waiter& waiter);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // TLS 1.2 at least; the certificate must name `host` and lead to a CA of `ca_pem`, without one to a CA that the
  // system trusts. Failure(denied) if it doesn't, (usage) if ca_pem holds no certificate, (retry) if the server
  // said anything in the clear after its last reply, or if the connection breaks.
  void encrypt(const std::string& host, const std::optional<std::string>& ca_pem);

  // Failure(retry) if the connection breaks or the time is over.
  void write(std::string_view bytes);
  Reply read();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace certfleet::mail
