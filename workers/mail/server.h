// The configured mail server with its password opened.
#pragma once

#include <optional>

#include "lib/domain/inventory.h"
#include "lib/pki/key_ring.h"
#include "workers/mail/smtp.h"

namespace certfleet::mail {

// Failure(usage, 2202) if there are no settings, Failure(permanent) if no key opens the password.
Server server_of(const std::optional<domain::MailSettings>& settings, pki::KeyRing& keys);

}  // namespace certfleet::mail
