#include "workers/apply/steps.h"

#include <array>

#include "lib/base/error.h"

namespace certfleet::apply {
namespace {

constexpr std::array all_steps = {Step::none, Step::changing, Step::confirmed, Step::restoring,
                                  Step::restored};

Action forward(const Found& found) {
  // Without a backup the way back is lost, and with it the knowledge of what is in place. Only going forward
  // leads to a key that fits its certificate.
  if (!found.ready) return Action::prepare;
  // Whatever else is in place: installing is idempotent, and the backup holds what was before.
  return found.wanted ? Action::activate : Action::install;
}

Action backward(const Found& found) {
  if (!found.ready) return Action::give_up;
  return found.before ? Action::reactivate : Action::restore;
}

}  // namespace

std::string_view to_string(Step step) {
  switch (step) {
    case Step::none:
      return "";
    case Step::changing:
      return "changing";
    case Step::confirmed:
      return "confirmed";
    case Step::restoring:
      return "restoring";
    case Step::restored:
      return "restored";
  }
  return "unknown";
}

Step step_from(std::string_view text) {
  for (auto step : all_steps)
    if (to_string(step) == text) return step;
  CERTFLEET_INVARIANT(false, text);
}

Action next_action(Step step, const Found& found) {
  switch (step) {
    case Step::none:
      return Action::prepare;
    case Step::changing:
      return forward(found);
    case Step::restoring:
      return backward(found);
    case Step::confirmed:
    case Step::restored:
      return Action::clean_up;
  }
  CERTFLEET_INVARIANT(false, to_string(step));
}

}  // namespace certfleet::apply
