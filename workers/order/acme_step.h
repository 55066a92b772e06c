// What an ACME order needs next (RFC 8555 sections 7.1.6 and 7.4). Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "workers/order/acme_objects.h"

namespace certfleet::order {

// A challenge of a name that waits for our answer.
struct Open {
  std::string name;
  Challenge challenge;
};

struct Step {
  enum class Kind {
    answer,    // tell the CA that `challenges` can be validated now
    wait,      // it is the CA's turn
    finalize,  // send the CSR
    download,
    fail,  // the order is dead
  };
  Kind kind = Kind::wait;
  std::vector<Open> challenges{};
  int trace_id = 0;    // of fail
  std::string why{};   // of fail: the CA's words, one line
  bool again = false;  // of fail: another order for the same names may succeed
};

// True if the authorizations have to be looked at to know what is next.
bool needs_authorizations(const AcmeOrder& order);

// `authorizations` of the order, in any order; valid ones may be left out. `answered` are the URLs of the
// challenges that this attempt has told the CA to validate: until it does so they stay pending.
Step next_step(const AcmeOrder& order, const std::vector<Authorization>& authorizations,
               const std::set<std::string>& answered);

}  // namespace certfleet::order
