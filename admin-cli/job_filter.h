// Which jobs a person means: the same words for a list and for what is done to many.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "admin-cli/commands.h"
#include "admin-cli/context.h"
#include "lib/store/job_views.h"

namespace certfleet::cli {

struct WhichJobs {
  std::optional<std::string> state, queue, kind, service, node;
  bool any() const { return state || queue || kind || service || node; }
};

// `states`: those that may be asked for; none leaves the option out.
void declare_which(Verb& verb, WhichJobs& which, std::vector<std::string> states);

// Failure(not_found) with near names for a service or node that is not there.
store::job_views::Filter filter_of(const Context& context, store::Tx& tx, const WhichJobs& which);

// Failure(usage) for what is no number of a job.
JobId job_number(const Context& context, const std::string& text);

}  // namespace certfleet::cli
