#include "workers/apply/apply_run.h"

#include <fmt/format.h>

#include "lib/domain/verify.h"
#include "lib/net/tls_probe.h"
#include "lib/pki/chain.h"
#include "lib/store/accesses.h"
#include "lib/store/applies.h"
#include "lib/store/nodes.h"
#include "lib/store/settings.h"

namespace certfleet::apply {
namespace {

using store::applies::End;

// One handshake; a server that does not answer within it is asked again.
constexpr std::chrono::seconds probe_limit{5};
// How long a node in the middle of its change is tried, and how often. One that says no is asked less often: logins
// that fail lock accounts, and what is wrong waits for a person or for the end of a reboot.
constexpr std::chrono::hours mend_limit{24};
constexpr std::chrono::seconds mend_wait{60};
constexpr std::chrono::seconds refused_wait{300};

// Where it is done; all ways need it.
struct Place {
  domain::Node node;
  domain::Access access;
  domain::Settings settings;
};

Place place_of(store::Tx& tx, const store::applies::Apply& apply) {
  auto node = store::nodes::get(tx, apply.node);
  domain::require_target(node.kind, node.name);
  return {std::move(node), store::accesses::get_with_secrets(tx, apply.access), store::settings::get(tx)};
}

// What is installed; only the way forward needs it.
struct Pair {
  domain::StoredCertificate certificate;
  pki::Secret key_pem;
};

// The last look before it goes out: what is installed together must fit together (I5).
void require_fit(const Pair& pair, const std::string& node) {
  auto key = pki::PrivateKey::from_pem(pair.key_pem);
  auto chain = pki::order_chain(pair.certificate.leaf_pem, pair.certificate.chain_pem);
  pki::check_fits(chain, {chain.leaf.common_name(), {}, &key, std::nullopt});
  CERTFLEET_INVARIANT(chain.leaf.sha256() == pair.certificate.sha256, node);
}

Pair pair_of(const store::applies::Apply& apply, pipeline::Context& context, pki::KeyRing& keys) {
  auto material = context.reading([&](store::Tx& tx) { return store::applies::material(tx, apply); });
  auto key = keys.open(domain::purpose::key_pair(material.spki_sha256), material.key);
  Pair pair{std::move(material.certificate), std::move(key)};
  require_fit(pair, apply.node_name);
  return pair;
}

Probe probe_of(const Place& place) {
  auto handshake = domain::handshake_of(place.node.verify, place.settings);
  if (!handshake) return nullptr;
  net::ProbeTarget target{{handshake->host, handshake->port}, handshake->server_name, std::nullopt};
  if (handshake->proxy) target.proxy = net::parse_address(*handshake->proxy);
  return [target](const Budget& budget) -> Sighting {
    try {
      auto served = net::probe(target, budget.deadline.within(probe_limit), budget.stop);
      return {Identity{served.leaf.serial(), served.leaf.sha256()}, {}};
    } catch (const Failure& failure) {
      return {std::nullopt, failure.what()};
    }
  };
}

pipeline::Write ended(ApplyId id, End how, const std::string& error = {}) {
  return [id, how, error](store::Tx& tx) { store::applies::end(tx, id, how, error); };
}

domain::NewJob verify_job(const store::applies::Apply& apply) {
  domain::NewJob job;
  job.kind = "verify.node";
  job.subject = apply.node.value();
  job.service = apply.service;
  job.node = apply.node;
  job.site = apply.site;
  job.request_no = apply.request_no;
  job.dedupe_key = fmt::format("verify:{}", apply.node.value());
  return job;
}

// One attempt on a node, with all that it needs.
class Attempt {
 public:
  // `cancelled`: a node that is being changed is put back at once.
  Attempt(store::applies::Apply apply, bool cancelled, pipeline::Context& context, pki::KeyRing& keys,
          const SequenceLimits& limits, const DialSsh& dial)
      : apply_(std::move(apply)),
        context_(context),
        keys_(keys),
        limits_(limits),
        dial_(dial),
        tracer_([&context](trace::Line line) { context.trace(std::move(line)); }),
        step_(step_from(apply_.step)) {
    if (cancelled) against_ = Failure(Fault::retry, "cancelled");
  }

  pipeline::Outcome run() {
    try {
      load();
      return outcome(sequence());
    } catch (const Failure& failure) {
      return unfinished(failure);
    }
  }

 private:
  // What fails before the node is called has no trace yet.
  void load() {
    try {
      place_ = context_.reading([&](store::Tx& tx) { return place_of(tx, apply_); });
      secrets_ = AccessSecrets::open(place_->access, keys_);
      bool forward = step_ == Step::none || step_ == Step::confirmed || (step_ == Step::changing && !against_);
      if (forward) pair_ = pair_of(apply_, context_, keys_);
    } catch (const Failure& failure) {
      if (failure.trace_id()) tracer_.add(*failure.trace_id(), {failure.what()});
      // Without the pair there is no way forward; a node that is being changed still has the one back.
      if (!place_ || !secrets_ || step_ == Step::none || failure.transient()) throw;
      against_ = failure;
    }
  }

  Sequence::Ending sequence() {
    PairFiles files;
    Identity wanted;
    if (pair_) {
      files = {pair_->certificate.leaf_pem, pair_->certificate.chain_pem, pair_->key_pem.view()};
      wanted = {pair_->certificate.serial, pair_->certificate.sha256};
    }
    auto target = make_target(place_->node, place_->access, *secrets_, apply_.id, files, tracer_, dial_);
    auto journal = [this](Step step, const std::string& error) {
      context_.commit([&](store::Tx& tx) { store::applies::record_step(tx, apply_.id, to_string(step), error); });
      step_ = step;
    };
    Sequence sequence({*target, probe_of(*place_), wanted, journal, tracer_, limits_},
                      {context_.deadline(), context_.stop()});
    return sequence.run(step_, apply_.error.value_or(""), against_);
  }

  pipeline::Outcome outcome(const Sequence::Ending& ending) {
    auto id = apply_.id;
    if (!ending.applied) {
      auto why = ending.why.value_or(Failure(Fault::permanent, "rolled back"));
      return pipeline::Outcome::failed(why).with(ended(id, End::rolled_back, why.what()));
    }
    tracer_.add(1859);
    auto done = pipeline::Outcome::done().with(ended(id, End::applied)).then(verify_job(apply_));
    if (!pair_ || place_->node.verify.mode == domain::VerifyMode::none) return done;
    return std::move(done).with([node = place_->node, serial = pair_->certificate.serial,
                                 sha256 = pair_->certificate.sha256](store::Tx& tx) {
      store::applies::record_served(tx, node, serial, sha256, to_string(domain::Served::match));
    });
  }

  // The attempt is over, the apply is not: called where the failure was caught.
  pipeline::Outcome unfinished(const Failure& failure) const {
    if (failure.fault() == Fault::stale) throw;
    if (step_ == Step::none) {
      // Whether by a drain or by a person: the pipeline knows. A step whose commit is in doubt may be another one.
      bool asked = against_ || context_.stop().stop_requested();
      if (asked && failure.transient() && failure.fault() != Fault::in_doubt) return pipeline::Outcome::cancelled();
      throw;
    }
    if (!worth_waiting(failure)) throw;
    tracer_.add(1827, {failure.what()});
    return pipeline::Outcome::wait_for(failure.transient() ? mend_wait : refused_wait, failure);
  }

  // A node that is being changed is not left alone because it went away, or lets nobody in, for longer than a job's
  // attempts last, nor because the job was cancelled. 1816 alone ends it: the backup is gone, or the old pair is in
  // place and the server does not show it.
  bool worth_waiting(const Failure& failure) const {
    bool changed = step_ == Step::changing || step_ == Step::restoring;
    auto now = std::chrono::system_clock::now();
    return changed && failure.trace_id() != 1816 && now - apply_.changing_since.value_or(now) < mend_limit;
  }

  store::applies::Apply apply_;
  pipeline::Context& context_;
  pki::KeyRing& keys_;
  const SequenceLimits& limits_;
  const DialSsh& dial_;
  Tracer tracer_;
  Step step_;
  std::optional<Failure> against_;  // going forward, once the node is being changed
  std::optional<Place> place_;
  std::optional<AccessSecrets> secrets_;
  std::optional<Pair> pair_;
};

}  // namespace

ApplyRun::ApplyRun(std::shared_ptr<pki::KeyRing> keys, SequenceLimits limits, DialSsh dial)
    : keys_(std::move(keys)), limits_(limits), dial_(std::move(dial)) {}

pipeline::Outcome ApplyRun::run(const domain::Job& job, pipeline::Context& context) {
  ApplyId id(job.subject);
  auto apply = context.reading([&](store::Tx& tx) { return store::applies::get(tx, id); });
  if (!apply.live())
    return pipeline::Outcome::done();  // sent again after its end: there is nothing left to do
  if (job.cancel && step_from(apply.step) == Step::none)
    return pipeline::Outcome::cancelled();  // the node is as it was
  Tracer tracer([&context](trace::Line line) { context.trace(std::move(line)); });
  auto number = fmt::format("{}", id.value());
  tracer.add(1801, {number});
  auto outcome = Attempt(std::move(apply), job.cancel, context, *keys_, limits_, dial_).run();
  if (outcome.verdict != pipeline::Outcome::Verdict::wait) tracer.add(1802, {number});
  return outcome;
}

std::vector<pipeline::Write> ApplyRun::gave_up(const domain::Job& job, const Failure& why) {
  ApplyId id(job.subject);
  // The pipeline ends a cancelled job with this word.
  bool cancelled = std::string_view(why.what()) == "cancelled";
  std::string error = why.what();
  return {[id, cancelled, error](store::Tx& tx) {
    auto apply = store::applies::get(tx, id);
    auto step = step_from(apply.step);
    if (step == Step::confirmed) return void(store::applies::end(tx, id, End::applied, ""));
    if (step == Step::restored)
      return void(store::applies::end(tx, id, End::rolled_back, apply.error.value_or(error)));
    if (step == Step::none && cancelled) return void(store::applies::end(tx, id, End::cancelled, error));
    store::applies::end(tx, id, End::failed, error);
  }};
}

}  // namespace certfleet::apply
