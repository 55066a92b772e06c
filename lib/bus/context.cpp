#include "lib/bus/context.h"

#include <zmq.hpp>

namespace certfleet::bus {

struct Context::Impl {
  zmq::context_t context{1};  // one I/O thread carries far more than a database can claim
};

Context::Context() : impl_(std::make_unique<Impl>()) {}
Context::~Context() = default;

void* Context::handle() const {
  return &impl_->context;
}

}  // namespace certfleet::bus
