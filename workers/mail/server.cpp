#include "workers/mail/server.h"

#include "lib/base/error.h"

namespace certfleet::mail {

Server server_of(const std::optional<domain::MailSettings>& settings, pki::KeyRing& keys) {
  if (!settings) throw Failure(Fault::usage, 2202, "there are no mail settings: certfleet mail set");
  Server server;
  server.host = settings->host;
  server.port = settings->port;
  server.user = settings->auth_user;
  server.ca_pem = settings->ca_pem;
  if (settings->auth_password)
    server.password = keys.open(domain::purpose::smtp_password, *settings->auth_password);
  return server;
}

}  // namespace certfleet::mail
