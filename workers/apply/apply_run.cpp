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
// How long a node that went away in the middle of its change is waited for, and how often it is tried.
constexpr std::chrono::hours mend_limit{24};
constexpr std::chrono::seconds mend_wait{60};

struct Task {
  store::applies::Apply apply;
  store::applies::Material material;
  domain::Node node;
  domain::Access access;
  domain::Settings settings;
};

Task load(store::Tx& tx, const store::applies::Apply& apply) {
  auto node = store::nodes::get(tx, apply.node);
  domain::require_target(node.kind, node.name);
  return {apply, store::applies::material(tx, apply), std::move(node),
          store::accesses::get_with_secrets(tx, apply.access), store::settings::get(tx)};
}

// The last look before it goes out: what is installed together must fit together (I5).
void require_fit(const Task& task, const pki::Secret& key_pem) {
  auto key = pki::PrivateKey::from_pem(key_pem);
  auto chain = pki::order_chain(task.material.certificate.leaf_pem, task.material.certificate.chain_pem);
  pki::check_fits(chain, {chain.leaf.common_name(), {}, &key, std::nullopt});
  CERTFLEET_INVARIANT(chain.leaf.sha256() == task.material.certificate.sha256, task.apply.node_name);
}

Probe probe_of(const Task& task) {
  auto handshake = domain::handshake_of(task.node.verify, task.settings);
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
  Attempt(Task task, pipeline::Context& context, pki::KeyRing& keys, const SequenceLimits& limits,
          const DialSsh& dial)
      : task_(std::move(task)),
        context_(context),
        limits_(limits),
        dial_(dial),
        tracer_([&context](trace::Line line) { context.trace(std::move(line)); }),
        secrets_(AccessSecrets::open(task_.access, keys)),
        key_(keys.open(domain::purpose::key_pair(task_.material.spki_sha256), task_.material.key)),
        step_(step_from(task_.apply.step)) {
    require_fit(task_, key_);
  }

  pipeline::Outcome run() {
    try {
      return outcome(sequence());
    } catch (const Failure& failure) {
      if (!worth_waiting(failure)) throw;
      tracer_.add(1827, {failure.what()});
      return pipeline::Outcome::wait_for(mend_wait);
    }
  }

 private:
  Sequence::Ending sequence() {
    const auto& certificate = task_.material.certificate;
    auto target = make_target(task_.node, task_.access, secrets_, task_.apply.id,
                              {certificate.leaf_pem, certificate.chain_pem, key_.view()}, tracer_, dial_);
    auto journal = [this](Step step, const std::string& error) {
      context_.commit(
          [&](store::Tx& tx) { store::applies::record_step(tx, task_.apply.id, to_string(step), error); });
      step_ = step;
    };
    Sequence sequence(
        {*target, probe_of(task_), {certificate.serial, certificate.sha256}, journal, tracer_, limits_},
        {context_.deadline(), context_.stop()});
    return sequence.run(step_, task_.apply.error.value_or(""));
  }

  pipeline::Outcome outcome(const Sequence::Ending& ending) {
    auto id = task_.apply.id;
    if (!ending.applied) {
      auto why = ending.why.value_or(Failure(Fault::permanent, "rolled back"));
      return pipeline::Outcome::failed(why).with(ended(id, End::rolled_back, why.what()));
    }
    tracer_.add(1859);
    auto done = pipeline::Outcome::done().with(ended(id, End::applied)).then(verify_job(task_.apply));
    if (task_.node.verify.mode == domain::VerifyMode::none) return done;
    const auto& certificate = task_.material.certificate;
    return std::move(done).with(
        [node = task_.node, serial = certificate.serial, sha256 = certificate.sha256](store::Tx& tx) {
          store::applies::record_served(tx, node, serial, sha256, to_string(domain::Served::match));
        });
  }

  // A node that is being changed is not left alone because it went away for longer than a job's attempts
  // last.
  bool worth_waiting(const Failure& failure) const {
    bool no_answer = failure.fault() == Fault::unreachable || failure.trace_id() == 1810;
    bool changed = step_ == Step::changing || step_ == Step::restoring;
    auto age = std::chrono::system_clock::now() - task_.apply.scheduled_at;
    return no_answer && changed && age < mend_limit && !context_.stop().stop_requested();
  }

  Task task_;
  pipeline::Context& context_;
  const SequenceLimits& limits_;
  const DialSsh& dial_;
  Tracer tracer_;
  AccessSecrets secrets_;
  pki::Secret key_;
  Step step_;
};

// What fails before the node is called has no trace yet.
template <class F>
auto traced(const Tracer& tracer, F&& body) {
  try {
    return body();
  } catch (const Failure& failure) {
    if (failure.trace_id()) tracer.add(*failure.trace_id(), {failure.what()});
    throw;
  }
}

}  // namespace

ApplyRun::ApplyRun(std::shared_ptr<pki::KeyRing> keys, SequenceLimits limits, DialSsh dial)
    : keys_(std::move(keys)), limits_(limits), dial_(std::move(dial)) {}

pipeline::Outcome ApplyRun::run(const domain::Job& job, pipeline::Context& context) {
  ApplyId id(job.subject);
  auto apply = context.reading([&](store::Tx& tx) { return store::applies::get(tx, id); });
  if (!apply.live())
    return pipeline::Outcome::done();  // sent again after its end: there is nothing left to do
  Tracer tracer([&context](trace::Line line) { context.trace(std::move(line)); });
  auto number = fmt::format("{}", id.value());
  tracer.add(1801, {number});
  auto attempt = traced(tracer, [&] {
    return std::make_unique<Attempt>(context.reading([&](store::Tx& tx) { return load(tx, apply); }), context,
                                     *keys_, limits_, dial_);
  });
  auto outcome = attempt->run();
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
