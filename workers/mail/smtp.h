// Sends one mail over SMTP (manual 6.6). With credentials the connection is always encrypted first, by
// STARTTLS, and the server's certificate and name are always checked; without, encryption is used if offered.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/pki/secret.h"
#include "workers/mail/message.h"

namespace certfleet::mail {

struct Server {
  std::string host;  // name or address
  int port = 587;
  std::optional<std::string> user;
  pki::Secret password;
  std::optional<std::string> ca_pem;  // trust; none: the system's
};

struct Envelope {
  std::string from;
  std::vector<std::string> to;
  std::vector<std::string> cc;
  std::string message_id;  // with its angle brackets; stable, so that a mail sent twice is known to be one
  WallTime date;
};

// Whether the connection was encrypted.
struct Sent {
  bool encrypted = false;
};

// Nothing waits past the deadline. Failures, all with trace id 2201: unreachable (no connection, no answer in time),
// retry (the server said 4xx), permanent (5xx, credentials refused), denied (no STARTTLS although there are
// credentials, or its certificate is not to be trusted: nothing secret was sent).
Sent send(const Server& server, const Envelope& envelope, const Text& text, Deadline deadline);

}  // namespace certfleet::mail
