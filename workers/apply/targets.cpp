#include "workers/apply/targets.h"

#include <fmt/format.h>

#include "lib/base/error.h"
#include "lib/domain/remote_path.h"

namespace certfleet::apply {
namespace {

constexpr int ssh_port = 22;

std::optional<std::string_view> view_of(const std::optional<pki::Secret>& secret) {
  if (!secret) return std::nullopt;
  return secret->view();
}

SshLogin login_of(const domain::Access& access, const AccessSecrets& secrets) {
  domain::require_remote_user(access.login_id, {"ログインID", "login id"});
  return {access.address,         access.port.value_or(ssh_port),
          access.login_id,        access.host_key.value_or(""),
          view_of(secrets.login), view_of(secrets.login_key)};
}

std::optional<Execution> execution_of(const domain::Access& access, const AccessSecrets& secrets) {
  if (!access.exec_id) return std::nullopt;
  domain::require_remote_user(*access.exec_id, {"実行ID", "execution id"});
  // sudo asks for the login's own password, where it is not told otherwise; one that is set for the execution
  // id goes before.
  return Execution{*access.exec_id, view_of(secrets.execution ? secrets.execution : secrets.login)};
}

// The failure to log in as the trace that the manual has for it.
void trace_failed_login(const Failure& failure, const domain::Access& access,
                        std::chrono::milliseconds waited, const Tracer& tracer) {
  switch (failure.trace_id().value_or(0)) {
    case 1810:
      return tracer.add(1810, {std::to_string(std::chrono::round<std::chrono::seconds>(waited).count())});
    case 1811:
      tracer.add(1811, {access.login_id});
      return tracer.add(1818, {failure.what()});
    case 0:
      return;
    default:
      return tracer.add(*failure.trace_id(), {failure.what()});
  }
}

ApacheTarget::Connect connect_by_ssh(const domain::Access& access, const AccessSecrets& secrets,
                                     const Tracer& tracer, const DialSsh& dial) {
  return [&access, &secrets, &tracer, &dial](const Budget& budget) {
    auto start = Monotonic::now();
    try {
      auto remote = dial(login_of(access, secrets), execution_of(access, secrets), budget);
      tracer.add(1850, {access.address});
      return remote;
    } catch (const Failure& failure) {
      auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(Monotonic::now() - start);
      trace_failed_login(failure, access, waited, tracer);
      throw;
    }
  };
}

std::optional<pki::Secret> open_box(const std::optional<domain::Sealed>& box, std::string_view purpose,
                                    const std::string& access, pki::KeyRing& keys) {
  if (!box) return std::nullopt;
  try {
    return keys.open(purpose, *box);
  } catch (const Failure& failure) {
    throw Failure(failure.fault(), 1813, fmt::format("access {}: {}", access, failure.what()));
  }
}

}  // namespace

AccessSecrets AccessSecrets::open(const domain::Access& access, pki::KeyRing& keys) {
  namespace purpose = domain::purpose;
  return {open_box(access.login_secret, purpose::access_login, access.name, keys),
          open_box(access.login_key, purpose::access_login_key, access.name, keys),
          open_box(access.exec_secret, purpose::access_exec, access.name, keys)};
}

std::unique_ptr<Remote> dial_ssh(const SshLogin& login, const std::optional<Execution>& execution,
                                 const Budget& budget) {
  return std::make_unique<SshRemote>(login, execution, budget);
}

std::unique_ptr<Target> make_target(const domain::Node& node, const domain::Access& access,
                                    const AccessSecrets& secrets, ApplyId apply, PairFiles files,
                                    const Tracer& tracer, const DialSsh& dial) {
  if (node.kind == domain::node_kind::apache)
    return std::make_unique<ApacheTarget>(connect_by_ssh(access, secrets, tracer, dial), node, apply,
                                          std::move(files), tracer);
  domain::require_target(node.kind, node.name);
  CERTFLEET_INVARIANT(false, node.kind);  // a kind with a target is built above
}

}  // namespace certfleet::apply
