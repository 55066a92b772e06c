// The handler of jobs of kind order.place: an order at its CA, from placing it to the stored certificate. The
// subject of the job is the order.
#pragma once

#include <memory>
#include <vector>

#include "lib/pipeline/handler.h"
#include "lib/pki/key_ring.h"
#include "lib/store/orders.h"
#include "workers/order/tracer.h"
#include "workers/order/web.h"

namespace certfleet::order {

class OrderPlace final : public pipeline::Handler {
 public:
  // `keys` open the account's key. `clock` outlives this.
  OrderPlace(std::shared_ptr<pki::KeyRing> keys, const Clock& clock, WebMaker make_web = real_web);

  std::string_view kind() const override { return "order.place"; }
  pipeline::Outcome run(const domain::Job& job, pipeline::Context& context) override;
  std::vector<pipeline::Write> gave_up(const domain::Job& job, const Failure& why) override;

 private:
  pipeline::Outcome attempt(const domain::Job& job, pipeline::Context& context, const Tracer& tracer,
                            const store::orders::Order& order);

  std::shared_ptr<pki::KeyRing> keys_;
  const Clock& clock_;
  WebMaker make_web_;
};

}  // namespace certfleet::order
