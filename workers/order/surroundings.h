// What a CA may use during one attempt.
#pragma once

#include <vector>

#include "lib/base/clock.h"
#include "lib/domain/inventory.h"
#include "lib/pipeline/handler.h"
#include "lib/pki/key_ring.h"
#include "workers/order/tracer.h"
#include "workers/order/web.h"

namespace certfleet::order {

struct Surroundings {
  pipeline::Context& context;
  const Tracer& tracer;
  pki::KeyRing& keys;  // open what is sealed
  const Clock& clock;
  const WebMaker& make_web;
  domain::Settings settings;  // the proxy
};

}  // namespace certfleet::order
