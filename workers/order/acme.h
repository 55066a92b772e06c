// ACME (RFC 8555) with http-01 as a CA.
//
// An order is placed once (I4) by these rules. The order's URL is committed immediately after newOrder's 201,
// and everything later goes on from it. An attempt that dies between the two leaves an order at the CA that
// nobody knows: harmless, since a CA issues nothing before finalize, and only an order whose URL is recorded
// is finalized. Finalize is sent only if the order, looked at just before, is ready. If its reply is lost,
// the next look finds the order processing or valid, and not ready. Should a finalize that is still on its
// way overtake that look, the second one has the same CSR and is refused (orderNotReady): one order never
// makes two certificates.
//
// An order that the CA has made invalid stays so (RFC 8555 section 7.1.6) and yields nothing. Where the
// reason may pass, such as a responder that was away in the moment, its URL is forgotten and another one is
// placed after a while.
#pragma once

#include <memory>
#include <set>
#include <span>
#include <vector>

#include "lib/domain/inventory.h"
#include "lib/pipeline/handler.h"
#include "lib/pki/sealed_box.h"
#include "workers/order/acme_client.h"
#include "workers/order/acme_step.h"
#include "workers/order/certificate_authority.h"
#include "workers/order/surroundings.h"

namespace certfleet::order {

class Acme final : public CertificateAuthority {
 public:
  // `around` outlives this.
  Acme(domain::CaAccount account, const Surroundings& around);
  ~Acme() override;

  Progress advance(const Task& task) override;

 private:
  void prepare_key();
  void register_account();
  Answer call(std::string_view what, const std::string& url, const std::string& payload);
  std::string place(const Task& task);
  AcmeOrder look(const std::string& order_url);
  std::vector<Authorization> open_authorizations(const AcmeOrder& order, const Task& task);
  // False if the CA was told all this by an earlier attempt.
  bool answer(const std::vector<Open>& challenges, const Task& task);
  void finalize(const AcmeOrder& order, const Task& task);
  Issued download(const AcmeOrder& order);
  [[noreturn]] void give_up(const Step& step, const std::string& order_url, const Task& task);

  domain::CaAccount account_;
  const Surroundings& around_;
  std::unique_ptr<Web> web_;
  std::optional<pki::PrivateKey> key_;
  std::optional<AcmeClient> client_;
  bool registered_now_ = false;
  bool finalized_ = false;
  std::set<std::string> answered_;   // URLs of challenges
  std::set<std::string> validated_;  // URLs of authorizations
  std::set<std::string> awaited_;    // names whose challenges the CA was told to look at
  std::optional<OrderStatus> traced_;
  std::optional<std::chrono::seconds> retry_after_;  // of the last look, or of finalize after it
};

}  // namespace certfleet::order
