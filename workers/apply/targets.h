// From a node's kind to its Target, and from its access to the connection.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "lib/domain/inventory.h"
#include "lib/pki/key_ring.h"
#include "workers/apply/apache.h"
#include "workers/apply/ssh_remote.h"

namespace certfleet::apply {

// The opened secrets of an access.
struct AccessSecrets {
  std::optional<pki::Secret> login;
  std::optional<pki::Secret> login_key;
  std::optional<pki::Secret> execution;

  // Failure(permanent, 1813) if a box does not open with these keys.
  static AccessSecrets open(const domain::Access& access, pki::KeyRing& keys);
};

// Makes the connection to an SSH node. The real one is dial_ssh; tests put something before it.
using DialSsh =
    std::function<std::unique_ptr<Remote>(const SshLogin&, const std::optional<Execution>&, const Budget&)>;
std::unique_ptr<Remote> dial_ssh(const SshLogin& login, const std::optional<Execution>& execution,
                                 const Budget& budget);

// The target that a node's kind asks for. All arguments must outlive it. Failure(conflict, 1830) for a kind to
// which this version applies nothing.
std::unique_ptr<Target> make_target(const domain::Node& node, const domain::Access& access,
                                    const AccessSecrets& secrets, ApplyId apply, PairFiles files,
                                    const Tracer& tracer, const DialSsh& dial);

}  // namespace certfleet::apply
