#include "workers/apply/sequence.h"

#include <fmt/format.h>

#include "lib/base/fault_point.h"
#include "lib/pki/certificate.h"

namespace certfleet::apply {
namespace {

// More turns than any way has; what still goes round then is held up by somebody else's hand on the node.
constexpr int turns_max = 12;
// A server that died of the pair that is taken back may miss the first reload: it was still on its way down.
constexpr int reloads_max = 3;

std::string shown(const Sighting& sighting) {
  return sighting.served ? fmt::format("served is {}", pki::show_serial(sighting.served->serial))
                         : sighting.error;
}

}  // namespace

Sequence::Sequence(Parts parts, const Budget& budget)
    : parts_(std::move(parts)),
      budget_(budget),
      forward_{Deadline(budget.deadline.at() - parts_.limits.reserve), budget.stop} {}

Sequence::Ending Sequence::run(Step step, const std::string& earlier, const std::optional<Failure>& against) {
  step_ = step;
  Ending ending;
  if (step_ == Step::none || step_ == Step::changing) {
    bool back = step_ == Step::changing && against;
    if (back) interrupted_ = against->transient();
    ending.why = back ? against : go_forward();
    if (ending.why) turn_back(*ending.why);
  } else if (step_ != Step::confirmed) {
    interrupted_ = earlier.empty();
    ending.why = Failure(Fault::permanent, earlier);
  }
  if (step_ == Step::restoring) go_back();
  ending.applied = step_ == Step::confirmed;
  clean_up(ending.applied ? Side::wanted : Side::before);
  parts_.target.close();
  if (!ending.applied && interrupted_) {
    record(Step::none);  // nothing was wrong with it: whoever goes on begins anew
    throw Failure(Fault::retry, "stopped, and rolled back");
  }
  return ending;
}

// A stop is no failure of the apply's: the word that stands beside the step is for what was wrong with it.
void Sequence::turn_back(const Failure& why) {
  parts_.tracer.add(interrupted_ ? 1831 : 1861, {why.what()});
  record(Step::restoring, interrupted_ ? std::string() : why.what());
}

void Sequence::record(Step step, const std::string& error) {
  parts_.journal(step, error);
  step_ = step;
}

Budget Sequence::without_stop() const {
  if (!budget_.stop.stop_requested()) return {budget_.deadline, {}};
  return {budget_.deadline.within(parts_.limits.back_after_stop), {}};
}

void Sequence::ensure_open(const Budget& budget) {
  if (open_) return;
  parts_.target.open(budget);
  open_ = true;
}

// Returns why the way must be gone back, nothing if the wanted certificate is served and the step is
// `confirmed`.
std::optional<Failure> Sequence::go_forward() {
  int reconnects = parts_.limits.reconnects;
  for (int turn = 0; turn < turns_max && step_ != Step::confirmed; ++turn) {
    bool confirmed = false;
    try {
      confirmed = forward_turn();
    } catch (const Failure& failure) {
      if (auto why = judge(failure, reconnects)) return why;
      continue;
    }
    if (confirmed)
      record(Step::confirmed);
    else if (step_ == Step::none)
      record(Step::changing);
  }
  if (step_ == Step::confirmed) return std::nullopt;
  return Failure(Fault::permanent, 1812, "the files on the node keep changing under our hands");
}

// One look and one action; true once the wanted certificate has proved good.
bool Sequence::forward_turn() {
  ensure_open(forward_);
  auto& target = parts_.target;
  switch (next_action(step_, step_ == Step::none ? Found{} : target.look(forward_))) {
    case Action::prepare:
      FAULT_POINT("apply.prepare.before");
      target.prepare(forward_);
      FAULT_POINT("apply.prepare.after");
      return false;
    case Action::install:
      FAULT_POINT("apply.install.before");
      target.install(forward_);
      FAULT_POINT("apply.install.after");
      return false;
    case Action::activate:
      FAULT_POINT("apply.activate.before");
      target.activate(Side::wanted, forward_);
      FAULT_POINT("apply.activate.after");
      confirm_wanted();
      FAULT_POINT("apply.keep.before");
      target.keep(forward_);
      FAULT_POINT("apply.keep.after");
      return true;
    default:
      CERTFLEET_INVARIANT(false, to_string(step_));
  }
}

void Sequence::confirm_wanted() {
  if (!parts_.probe) return;
  auto sighting = wait_until_served(parts_.probe, parts_.wanted, parts_.limits.confirm, forward_);
  if (sighting.served == parts_.wanted)
    return parts_.tracer.add(1857, {pki::show_serial(parts_.wanted.serial)});
  if (!sighting.served) parts_.tracer.add(1819, {sighting.error});
  parts_.tracer.add(1815, {shown(sighting)});
  throw Failure(Fault::permanent, 1815,
                fmt::format("the new certificate {} is not served: {}",
                            pki::show_serial(parts_.wanted.serial), shown(sighting)));
}

// A failure on the way forward: thrown on if the attempt ends here with nothing to take back; returned if the
// way must be gone back; nothing if another turn may help.
std::optional<Failure> Sequence::judge(const Failure& failure, int& reconnects) {
  if (failure.fault() == Fault::stale) throw failure;
  if (step_ == Step::none) {
    if (!failure.transient()) undo_preparation();
    throw failure;
  }
  interrupted_ = failure.transient() && budget_.stop.stop_requested();
  if (failure.transient() && !interrupted_ && !forward_.deadline.over() && reconnects-- > 0) {
    parts_.target.close();
    open_ = false;
    return std::nullopt;
  }
  // Without a connection nothing can be taken back either: the next attempt completes or restores.
  if (!open_) throw failure;
  return failure;
}

void Sequence::go_back() {
  int reconnects = parts_.limits.reconnects;
  for (int turn = 0; turn < turns_max && step_ == Step::restoring; ++turn) {
    auto budget = without_stop();
    bool back = false;
    try {
      back = backward_turn(budget);
    } catch (const Failure& failure) {
      if (failure.fault() == Fault::stale) throw;
      if (failure.transient() && failure.trace_id() != 1816 && !budget.deadline.over() && reconnects-- > 0) {
        parts_.target.close();
        open_ = false;
        continue;
      }
      parts_.tracer.add(1816, {failure.what()});
      throw;
    }
    if (back) record(Step::restored);
  }
  if (step_ != Step::restored)
    throw Failure(Fault::retry, 1816, "the files on the node keep changing under our hands");
}

// True once the certificate from before has proved good again.
bool Sequence::backward_turn(const Budget& budget) {
  ensure_open(budget);
  auto& target = parts_.target;
  switch (next_action(step_, target.look(budget))) {
    case Action::restore:
      FAULT_POINT("apply.restore.before");
      target.restore(budget);
      FAULT_POINT("apply.restore.after");
      return false;
    case Action::reactivate:
      FAULT_POINT("apply.reactivate.before");
      reload_previous(budget);
      FAULT_POINT("apply.reactivate.after");
      return true;
    case Action::give_up:
      throw Failure(Fault::permanent, 1816, "the backup is no longer in the work folder of the node");
    default:
      CERTFLEET_INVARIANT(false, to_string(step_));
  }
}

void Sequence::reload_previous(const Budget& budget) {
  auto& target = parts_.target;
  auto expected = target.previous(budget);
  std::optional<Failure> refused;
  Sighting last;
  for (int reload = 0; reload < reloads_max; ++reload) {
    refused = try_reload(budget);
    // Without a certificate before there was no server to go on with one.
    if (!expected || (!parts_.probe && !refused)) return;
    if (!parts_.probe) continue;
    last = wait_until_served(parts_.probe, *expected, parts_.limits.confirm_return, budget);
    if (last.served != expected) continue;
    // A refusal by something else's fault changes nothing as long as our files are right: the server never
    // loaded the new pair and goes on.
    if (refused && !target.look(budget).before) continue;
    return parts_.tracer.add(1857, {pki::show_serial(expected->serial)});
  }
  throw Failure(Fault::retry, 1816,
                refused ? refused->what()
                        : fmt::format("the old certificate {} is not served again: {}",
                                      pki::show_serial(expected->serial), shown(last)));
}

// What the node said if it would not load the old pair; its silence is thrown.
std::optional<Failure> Sequence::try_reload(const Budget& budget) {
  try {
    parts_.target.activate(Side::before, budget);
    return std::nullopt;
  } catch (const Failure& failure) {
    if (failure.transient() || failure.fault() == Fault::stale) throw;
    return failure;
  }
}

// Nothing in use was changed; what was transferred goes if the node still answers.
void Sequence::undo_preparation() noexcept {
  try {
    if (open_) parts_.target.clean_up(Side::before, without_stop());
  } catch (const Failure&) {
    // The failure that brought us here says more. The next apply on this node clears the folder.
  }
  parts_.target.close();
}

// The outcome is decided and durable: what can't be removed is not worth another attempt.
void Sequence::clean_up(Side outcome) {
  try {
    auto budget = without_stop();
    ensure_open(budget);
    FAULT_POINT("apply.clean_up.before");
    parts_.target.clean_up(outcome, budget);
    FAULT_POINT("apply.clean_up.after");
  } catch (const Failure& failure) {
    if (failure.fault() == Fault::stale) throw;
    parts_.tracer.add(1840, {failure.what()});
  }
}

}  // namespace certfleet::apply
