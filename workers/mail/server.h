// The configured mail server with its password opened.
#pragma once

#include <optional>
#include <span>

#include "lib/domain/inventory.h"
#include "lib/pki/sealed_box.h"
#include "workers/mail/smtp.h"

namespace certfleet::mail {

// Failure(usage, 2202) if there are no settings, Failure(permanent) if no key opens the password.
Server server_of(const std::optional<domain::MailSettings>& settings, std::span<const pki::SealingKey> keys);

}  // namespace certfleet::mail
