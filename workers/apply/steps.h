// The durable steps of an apply and what follows from them: pure, and the same for every kind of node.
//
//   none ─prepare─▶ changing ─install, activate, confirm─▶ confirmed ─▶ (applied)
//                      └─failure─▶ restoring ─restore, activate, confirm─▶ restored ─▶ (rolled_back)
//
// A step is committed before what it announces is done: `changing` before anything in use is touched, so that
// an attempt that finds `none` knows the node to be as it was; `restoring` before the way back, which is
// never left again; `confirmed` and `restored` when only cleaning up is left. Whoever takes over looks at the
// node first and acts on both, the step and what it found (I5).
#pragma once

#include <string_view>

namespace certfleet::apply {

enum class Step { none, changing, confirmed, restoring, restored };

// The words of the column apply.step; none is the empty one. An unknown word is a broken invariant.
std::string_view to_string(Step step);
Step step_from(std::string_view text);

// What an attempt finds on the node of its own apply. Both pairs may be in place at once: they are the same
// when a certificate is applied again. Neither is when the replacing was interrupted, or somebody else was at
// work.
struct Found {
  bool ready = false;   // the transferred files and a complete backup are there
  bool before = false;  // the pair from before the apply is in place; only known if ready
  bool wanted = false;  // the pair that the apply brings is in place; only known if ready
  bool operator==(const Found&) const = default;
};

enum class Action {
  prepare,     // transfer and back up; changes nothing that is in use
  install,     // put the wanted pair in place
  activate,    // test the configuration, reload, confirm over TLS
  restore,     // put the pair from before in place
  reactivate,  // test, reload, confirm that the pair from before is served
  clean_up,    // everything is decided and done
  give_up,     // the backup is gone: nothing can be brought back
};

Action next_action(Step step, const Found& found);

}  // namespace certfleet::apply
