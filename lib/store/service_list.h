// Pages of the list of services (manual 7.1). Each page is found by an index, wherever it is: what it is sorted by
// stands in the service's own row (sql/functions/service_lists.sql).
#pragma once

#include "lib/store/overview.h"

namespace certfleet::store::service_list {

enum class Sort { name, common_name, expiry, order_state };

// How a service's certificate stands; `expiring`: less than 90 days are left, and that in steps: `under_30` has 15 or
// more. A disabled service has none of these states: nobody looks after its expiry (7.2.2). It is found by `enabled`
// only.
enum class State { ok, expiring, under_90, under_60, under_30, under_15, expired, none };

struct Query {
  std::optional<std::string> text;         // in the name or the common name, whatever the case
  std::optional<std::string> common_name;  // `text` as it would stand in a common name, if that differs
  GroupId group;                           // 0: any
  std::optional<State> state;
  std::optional<bool> enabled;
  std::vector<std::string> order_states;   // of the newest order, one of these; "none": there was none; empty: any
  std::optional<bool> order_in_error;      // the newest order failed, or met an error and is tried again
  Sort sort = Sort::name;                  // what is equal comes in the order in which it was added
  bool reverse = false;
  int limit = 0;                           // 0: all
  std::optional<std::string> after;        // goes on behind the service of this name
};

// Beyond it "more than" is all that is said: counting a million rows takes longer than a page may.
inline constexpr int more_max = 1'000;

struct Page {
  std::vector<overview::ServiceRow> rows;  // without what the newest order says
  int more = 0;                            // how many come behind, more_max + 1 at most
};

// Failure(not_found) if `after` names no service.
Page page(Tx& tx, const Query& query);

// How the database finds the page's rows, as EXPLAIN has it: for the test that pins it.
std::string explained(Tx& tx, const Query& query);

}  // namespace certfleet::store::service_list
