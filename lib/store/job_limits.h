// Limits: how many jobs at once, and how many a minute, may work with a CA account or on a site.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/domain/queue.h"
#include "lib/store/transaction.h"

namespace certfleet::store::job_limits {

// What is limited: the orders of a CA account, or one queue's jobs for the nodes of a site.
struct Scope {
  CaAccountId ca_account;
  SiteId site;
  domain::Queue queue = domain::Queue::order;  // of a site's
};

struct Limit {
  Scope scope;
  std::string name;               // of the account or the site
  std::optional<int> parallel;    // jobs at once
  std::optional<int> per_minute;  // jobs that become ready in any minute
  int held = 0;                   // jobs that are ready or running now
  int waiting = 0;                // jobs that are due and wait
};

// Sets or changes the limit of a scope, at least one of `parallel` and `per_minute`; acts at once, on jobs that
// are live already too. Those above a lowered limit run to their end.
void set(Tx& tx, const Scope& scope, std::optional<int> parallel, std::optional<int> per_minute);
void remove(Tx& tx, const Scope& scope);  // Failure(not_found)
std::vector<Limit> list(Tx& tx);          // by kind of scope and name

}  // namespace certfleet::store::job_limits
