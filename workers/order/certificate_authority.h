// What an order worker wants of a CA. A new CA is one file behind this interface and one line in
// authorities.cpp.
#pragma once

#include <chrono>
#include <string>
#include <variant>

#include "lib/base/id.h"
#include "lib/pki/csr.h"

namespace certfleet::order {

// One order, as far as a CA needs to know it.
struct Task {
  OrderId id;
  std::string reference;  // the CA's own; empty until the CA has accepted the order
  int attempts_failed = 0;
  pki::Csr csr;  // its names are what is ordered
  // The CA is to be asked no oftener than it takes: one look, if there is nothing to do for the order.
  bool one_look = false;
};

// The certificate with what leads up to the CA, as the CA sent it: not checked yet.
struct Issued {
  std::string chain_pem;
};
// Nothing failed, the CA needs time.
struct Pending {
  std::chrono::seconds look_again{0};
};
using Progress = std::variant<Issued, Pending>;

// Made for one attempt; belongs to its thread.
class CertificateAuthority {
 public:
  virtual ~CertificateAuthority() = default;

  // Places the order if it has no reference, and takes it as far as it gets within about half a minute. What
  // must survive this process is committed as it becomes known: the reference above all. May be called for
  // the same order again after any failure and any crash; looks at the CA first and acts second (I4). Failure
  // with the CA's words in one line: retry or unreachable if it may pass, with the time that the CA asks to
  // wait; else the order is dead.
  virtual Progress advance(const Task& task) = 0;
};

}  // namespace certfleet::order
