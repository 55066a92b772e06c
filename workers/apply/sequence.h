// The way of an apply, the same for every kind of node: forward until the wanted certificate is served, else
// back until the old one is. Which call comes next is decided by steps.h from the durable step and what is on
// the node.
#pragma once

#include <chrono>
#include <optional>

#include "lib/base/error.h"
#include "workers/apply/confirm.h"
#include "workers/apply/steps.h"
#include "workers/apply/target.h"
#include "workers/apply/tracer.h"

namespace certfleet::apply {

// Makes a step durable before it is acted on. Failure(stale) if the attempt has lost its job.
using Journal = std::function<void(Step step, const std::string& error)>;

struct SequenceLimits {
  std::chrono::milliseconds confirm{30'000};         // until the new certificate must be served
  std::chrono::milliseconds confirm_return{10'000};  // the same for the old one, for each reload
  std::chrono::seconds reserve{100};                 // of the job's time, kept for the way back
  std::chrono::seconds back_after_stop{40};          // what a stop still allows for the way back
  int reconnects = 2;                                // within one attempt, once the node is being changed
};

class Sequence {
 public:
  struct Parts {
    Target& target;
    Probe probe;  // none: the node is not confirmed (manual 9.1.4)
    Identity wanted;
    Journal journal;
    const Tracer& tracer;
    SequenceLimits limits;
  };
  struct Ending {
    bool applied = false;        // else the certificate from before is in place and, if confirmed, served
    std::optional<Failure> why;  // of a return
  };

  Sequence(Parts parts, const Budget& budget);

  // Goes on from a step. `earlier` is the failure that an earlier attempt has recorded with `restoring`; empty if
  // it went back because of a stop. `against`: why a node that is being changed is put back at once, if there is a
  // reason; a transient one is a stop.
  // Throws what leaves the apply unfinished: before `changing` is recorded, and after a return because of a stop,
  // the node is as it was; else the next attempt goes on from the recorded step.
  Ending run(Step step, const std::string& earlier, const std::optional<Failure>& against = {});

 private:
  void ensure_open(const Budget& budget);
  std::optional<Failure> go_forward();
  bool forward_turn();
  void turn_back(const Failure& why);
  std::optional<Failure> judge(const Failure& failure, int& reconnects);
  void confirm_wanted();
  void go_back();
  bool backward_turn(const Budget& budget);
  void reload_previous(const Budget& budget);
  std::optional<Failure> try_reload(const Budget& budget);
  void undo_preparation() noexcept;
  void clean_up(Side outcome);
  void record(Step step, const std::string& error = {});
  Budget without_stop() const;

  Parts parts_;
  Budget budget_;
  Budget forward_;
  Step step_ = Step::none;
  bool open_ = false;
  bool interrupted_ = false;  // the way back is gone because of a stop, not of a fault
};

}  // namespace certfleet::apply
