// How mail leaves the installation (manual 6.6). At most one row; without it no mail is sent.
#pragma once

#include "lib/domain/inventory.h"
#include "lib/store/transaction.h"

namespace certfleet::store::mail_settings {

std::optional<domain::MailSettings> find(Tx& tx);              // auth_password stays empty
std::optional<domain::MailSettings> get_with_secrets(Tx& tx);  // for the mail worker

// Makes or replaces the settings. An auth_password that is none leaves the stored one as it is, unless
// auth_user is none too: then the stored one goes. Failure(usage) for one without the other.
void set(Tx& tx, const domain::MailSettings& settings);
void remove(Tx& tx);

}  // namespace certfleet::store::mail_settings
