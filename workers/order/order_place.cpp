#include "workers/order/order_place.h"

#include <fmt/format.h>

#include "lib/domain/ca_interval.h"
#include "lib/store/ca_accounts.h"
#include "lib/store/certificates.h"
#include "lib/store/challenges.h"
#include "lib/store/csrs.h"
#include "lib/store/jobs.h"
#include "lib/store/notifications.h"
#include "lib/store/settings.h"
#include "lib/store/traces.h"
#include "workers/order/authorities.h"
#include "workers/order/receive.h"
#include "workers/order/trace_ids.h"

namespace certfleet::order {
namespace {

using pipeline::Outcome;
using store::orders::End;

// Most orders are through by then; afterwards the interval holds that a person has set.
constexpr std::chrono::minutes first_minute{1};

struct Loaded {
  store::csrs::StoredCsr csr;
  domain::CaAccount account;
  domain::Settings settings;
  std::optional<int> interval_min;  // at which the CA is asked how the order stands
  bool young = false;
};

std::optional<int> interval_of(const std::optional<domain::NotificationTable>& table) {
  return table ? table->order_interval_min : std::nullopt;
}

Loaded load(store::Tx& tx, const store::orders::Order& order, JobId job) {
  if (!order.csr)
    throw Failure(Fault::not_found, fmt::format("the CSR of order {} is gone", order.id.value()));
  return {store::csrs::get(tx, order.csr), store::ca_accounts::get_with_secrets(tx, order.ca_account),
          store::settings::get(tx), interval_of(store::notifications::of_service(tx, order.service)),
          store::jobs::age(tx, job) < first_minute};
}

pki::Csr readable(const store::csrs::StoredCsr& stored) {
  try {
    return pki::Csr::from_pem(stored.pem);
  } catch (const Failure& failure) {
    throw Failure(failure.fault(), trace_id::csr, failure.what());
  }
}

std::string slot_name(int slot) {
  return fmt::format("{:03}", slot);
}  // the manual's 001 and 002

// Traces of the job's end, in its transaction.
class EndTraces {
 public:
  explicit EndTraces(const domain::Job& job) : job_(job) {}
  void add(int id, std::vector<std::string> args) {
    traces_.push_back(
        {0,
         {std::chrono::system_clock::now(), trace::Level::info, module, id, job_.request_no, std::move(args)},
         job_.service,
         {},
         job_.id});
  }
  void write(store::Tx& tx) const { store::traces::add(tx, traces_); }

 private:
  const domain::Job& job_;
  std::vector<store::traces::Stored> traces_;
};

// What became of the slots.
void trace_place(store::Tx& tx, const store::certificates::Place& place, const pki::Certificate& leaf,
                 const domain::Job& job) {
  EndTraces traces(job);
  if (place.replaced)
    traces.add(trace_id::cleared, {slot_name(place.slot), pki::show_serial(place.replaced->serial)});
  traces.add(trace_id::stored, {slot_name(place.slot), pki::show_serial(leaf.serial())});
  traces.write(tx);
}

pipeline::Write store_certificate(const domain::Job& job, OrderId id, KeyPairId key_pair, pki::Chain chain) {
  return [job, id, key_pair, chain = std::move(chain)](store::Tx& tx) {
    auto place = store::certificates::store_issued(tx, job.service, chain, key_pair, id);
    trace_place(tx, place, chain.leaf, job);
    store::orders::end(tx, id, End::issued);
    store::challenges::remove(tx, id);
  };
}

// A warning while it may pass by itself.
void trace_failure(const Tracer& tracer, const Failure& failure, bool again) {
  auto id = failure.trace_id().value_or(trace_id::unforeseen);
  again ? tracer.warning(id, {failure.what()}) : tracer.error(id, {failure.what()});
}

// The job's own end tells of the last failure.
bool goes_on(const domain::Job& job, const Failure& failure) {
  return failure.transient() && job.attempts_failed + 1 < job.attempts_max;
}

}  // namespace

OrderPlace::OrderPlace(std::shared_ptr<pki::KeyRing> keys, const Clock& clock, WebMaker make_web)
    : keys_(std::move(keys)), clock_(clock), make_web_(std::move(make_web)) {}

Outcome OrderPlace::run(const domain::Job& job, pipeline::Context& context) {
  auto order = context.reading([&](store::Tx& tx) { return store::orders::get(tx, OrderId(job.subject)); });
  if (!order.live()) return Outcome::done();  // sent again after its end: there is nothing left to do
  if (order.cancel) return Outcome::failed(Failure(Fault::permanent, "cancelled"));
  Tracer tracer([&context](trace::Line line) { context.trace(std::move(line)); });
  try {
    return attempt(job, context, tracer, order);
  } catch (const Failure& failure) {
    // The database's failures are the job's and not the order's.
    if (failure.fault() == Fault::stale || failure.fault() == Fault::in_doubt ||
        failure.trace_id() == trace_id::database)
      throw;
    if (context.stop().stop_requested()) return Outcome::cancelled();
    bool again = goes_on(job, failure);
    trace_failure(tracer, failure, again);
    if (!again) throw;
    return Outcome::retry(failure).with([id = order.id, error = std::string(failure.what())](store::Tx& tx) {
      store::orders::record_error(tx, id, error);
    });
  }
}

Outcome OrderPlace::attempt(const domain::Job& job, pipeline::Context& context, const Tracer& tracer,
                            const store::orders::Order& order) {
  auto loaded = context.reading([&](store::Tx& tx) { return load(tx, order, job.id); });
  auto csr = readable(loaded.csr);
  auto number = fmt::format("{}", order.id.value());
  if (!order.order_url) tracer.info(trace_id::started, {number, csr.common_name()});
  Surroundings around{context, tracer, *keys_, clock_, make_web_, std::move(loaded.settings)};
  auto authority = make_authority(std::move(loaded.account), around);
  bool one_look = loaded.interval_min && !loaded.young;
  auto progress = authority->advance({order.id, order.order_url.value_or(""), job.attempts_failed, csr, one_look});
  if (const auto* pending = std::get_if<Pending>(&progress)) {
    auto wait = Outcome::wait_for(domain::ask_again(pending->look_again, loaded.interval_min));
    if (!order.error) return wait;
    return std::move(wait).with([id = order.id](store::Tx& tx) { store::orders::forget_error(tx, id); });
  }
  auto chain = receive(std::get<Issued>(progress).chain_pem, csr, clock_.wall());
  tracer.info(trace_id::downloaded, {pki::show_serial(chain.leaf.serial())});
  tracer.info(trace_id::ended, {number});
  return Outcome::done().with(store_certificate(job, order.id, loaded.csr.key_pair, std::move(chain)));
}

std::vector<pipeline::Write> OrderPlace::gave_up(const domain::Job& job, const Failure& why) {
  return {[job, why](store::Tx& tx) {
    auto order = store::orders::get(tx, OrderId(job.subject));
    auto how = store::orders::how_given_up(order, why);
    store::orders::end(tx, order.id, how, why.what());
    store::challenges::remove(tx, order.id);
    if (how != End::cancelled) return;
    EndTraces traces(job);
    traces.add(trace_id::cancelled, {});
    traces.write(tx);
  }};
}

}  // namespace certfleet::order
