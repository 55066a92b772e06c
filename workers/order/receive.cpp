#include "workers/order/receive.h"

#include <fmt/format.h>

#include "lib/base/error.h"
#include "workers/order/trace_ids.h"

namespace certfleet::order {
namespace {

constexpr std::chrono::hours clocks_apart{
    1};  // a CA's clock before ours; certificates begin when they are issued

[[noreturn]] void refuse(std::string_view why) {
  throw Failure(Fault::permanent, trace_id::unacceptable,
                fmt::format("the CA's certificate is not accepted: {}", why));
}

}  // namespace

pki::Chain receive(std::string_view chain_pem, const pki::Csr& csr, WallTime now) {
  try {
    auto chain = pki::order_chain(chain_pem);
    auto common_name = csr.common_name().empty() ? csr.names().at(0) : csr.common_name();
    pki::check_fits(chain, {common_name, csr.names(), nullptr, csr.spki_sha256()});
    if (chain.leaf.not_after() <= now) refuse("it has expired");
    if (chain.leaf.not_before() > now + clocks_apart) refuse("it is not in force yet");
    return chain;
  } catch (const Failure& failure) {
    if (failure.fault() != Fault::usage) throw;
    refuse(failure.what());
  }
}

}  // namespace certfleet::order
