// Sends one mail over SMTP (manual 6.6). With credentials the connection is always encrypted first, by
// STARTTLS, and the server's certificate and name are always checked; without, encryption is used if offered.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/pki/secret.h"
#include "workers/mail/mime.h"

namespace certfleet::mail {

struct Server {
  std::string host;  // name or address
  int port = 587;
  std::optional<std::string> user;
  pki::Secret password;
  std::optional<std::string> ca_pem;  // trust; none: the system's
};

struct Sent {
  bool encrypted = false;
  int recipients = 0;                // that the server accepted
  std::vector<std::string> refused;  // what it said of each of the others, one line each
};

// Nothing waits past the deadline or a stop. A recipient that the server refuses doesn't keep the mail from the
// others. If the connection breaks after the mail and before the server's answer, a later attempt may send it
// twice, under the same message id. Failures, all with trace id 2201: unreachable (no connection, or it broke, or
// there was no answer in time), retry (the server said 4xx; stopped), permanent (5xx, also all recipients and
// credentials refused), denied (no STARTTLS although there are credentials, or the certificate is not to be
// trusted: nothing secret was sent), usage (addresses, message id or subject that can't stand in a mail).
Sent send(const Server& server, const Envelope& envelope, const Text& text, Deadline deadline,
          const std::stop_token& stop = {});

}  // namespace certfleet::mail
