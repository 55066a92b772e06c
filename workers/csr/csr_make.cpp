#include "workers/csr/csr_make.h"

#include <fmt/format.h>

#include "lib/pki/csr.h"
#include "lib/pki/sealed_box.h"
#include "lib/store/csrs.h"
#include "lib/store/key_pairs.h"
#include "lib/store/orders.h"
#include "lib/store/sealing_keys.h"
#include "lib/store/services.h"

namespace certfleet::csr {
namespace {

constexpr int trace_failed = 2001;     // the CSR could not be made
constexpr int trace_algorithm = 2002;  // unknown algorithm
constexpr int trace_missing = 2003;    // what a CSR needs is missing
constexpr int trace_key_made = 2004;
constexpr int trace_csr_made = 2005;

struct Task {
  store::orders::Order order;
  domain::Service service;
};

Task load(store::Tx& tx, const store::orders::Order& order) {
  return {order, store::services::get(tx, order.service)};
}

void trace(pipeline::Context& context, trace::Level level, int id, std::vector<std::string> args) {
  context.trace({std::chrono::system_clock::now(), level, "csr", id, 0, std::move(args)});
}

domain::NewJob order_place(const domain::Job& job) {
  domain::NewJob next;
  next.kind = "order.place";
  next.subject = job.subject;
  next.service = job.service;
  next.priority = static_cast<domain::Priority>(job.priority);
  next.request_no = job.request_no;
  next.concurrency_key = job.concurrency_key;
  return next;
}

struct Made {
  std::string algorithm;
  std::shared_ptr<const pki::PrivateKey> key;  // shared, as the copies of a write are
  std::string csr_pem;
};

Made make(const Task& task, pipeline::Context& context) {
  const auto& service = task.service;
  if (!service.key_spec)
    throw Failure(Fault::usage, trace_missing, fmt::format("the service {} has no key spec", service.name));
  const auto& spec = *service.key_spec;
  auto algorithm = pki::key_algorithm_from(spec.algorithm);
  if (!algorithm)
    throw Failure(Fault::usage, trace_algorithm,
                  fmt::format("the service {} asks for a key of kind {}", service.name, spec.algorithm));
  auto key = pki::PrivateKey::generate(*algorithm);
  trace(context, trace::Level::info, trace_key_made, {spec.algorithm});
  auto csr = pki::make_csr(key,
                           {service.common_name, spec.country, spec.state, spec.locality, spec.organization,
                            spec.unit, spec.email},
                           service.sans);
  trace(context, trace::Level::info, trace_csr_made, {service.common_name});
  return {spec.algorithm, std::make_shared<const pki::PrivateKey>(std::move(key)), std::move(csr)};
}

// Sealed no earlier than it is stored: by then the sealing key that was active at the attempt's begin may be retired.
pipeline::Write record(const Task& task, Made made) {
  return [id = task.order.id, service = task.service.id, made = std::move(made)](store::Tx& tx) {
    auto sealing_key = pki::SealingPublicKey::from_bytes(store::sealing_keys::active(tx).public_key);
    auto spki = made.key->spki_sha256();
    auto box = pki::seal(sealing_key, domain::purpose::key_pair(spki), made.key->to_pem());
    auto pair = store::key_pairs::add(tx, {{}, service, made.algorithm, spki}, box);
    store::orders::record_csr(tx, id, store::csrs::add(tx, service, pair, made.csr_pem));
  };
}

}  // namespace

pipeline::Outcome CsrMake::run(const domain::Job& job, pipeline::Context& context) {
  auto order = context.reading([&](store::Tx& tx) { return store::orders::get(tx, OrderId(job.subject)); });
  if (!order.live())
    return pipeline::Outcome::done();  // sent again after its end: there is nothing left to do
  if (order.cancel) return pipeline::Outcome::failed(Failure(Fault::permanent, "cancelled"));
  // Sent again by hand after its CSR was made: the order goes on with that one.
  if (order.csr) return pipeline::Outcome::done().then(order_place(job));
  try {
    auto task = context.reading([&](store::Tx& tx) { return load(tx, order); });
    auto made = make(task, context);
    return pipeline::Outcome::done().with(record(task, std::move(made))).then(order_place(job));
  } catch (const Failure& failure) {
    if (!failure.transient() && failure.fault() != Fault::stale)
      trace(context, trace::Level::error, failure.trace_id().value_or(trace_failed), {failure.what()});
    throw;
  }
}

std::vector<pipeline::Write> CsrMake::gave_up(const domain::Job& job, const Failure& why) {
  return {[id = OrderId(job.subject), why](store::Tx& tx) {
    auto order = store::orders::get(tx, id);
    store::orders::end(tx, id, store::orders::how_given_up(order, why), why.what());
  }};
}

}  // namespace certfleet::csr
