// CA accounts: which CA, and how we are known to it (manual 8.1; RFC 8555 section 7.3).
#pragma once

#include "lib/domain/inventory.h"
#include "lib/store/transaction.h"

namespace certfleet::store::ca_accounts {

domain::CaAccount get(Tx& tx, CaAccountId id);               // both keys stay empty; Failure(not_found)
domain::CaAccount get_with_secrets(Tx& tx, CaAccountId id);  // for the order worker
std::optional<domain::CaAccount> find(Tx& tx, std::string_view name);
std::vector<domain::CaAccount> list(Tx& tx);  // by name

// Failure(conflict): the name is taken; Failure(usage): a DigiCert account without its API key (8.1.3).
CaAccountId add(Tx& tx, const domain::CaAccount& account);
// Leaves account_key and account_url as they are; another directory has another account: then both go. An API key
// that is none stays as it is, an empty one would be removed. Failure(usage) for another kind, for another API URL
// without its API key, and for a DigiCert account that would have none.
void update(Tx& tx, const domain::CaAccount& account);
void remove(Tx& tx, CaAccountId id);  // Failure(conflict) naming the services that order or have ordered there

// What the order worker made. Writes nothing and returns false if another worker has recorded a key
// meanwhile: that one counts.
bool record_account_key(Tx& tx, CaAccountId id, const domain::Sealed& account_key);
void record_account_url(Tx& tx, CaAccountId id, std::string_view account_url);

}  // namespace certfleet::store::ca_accounts
