#include "admin-cli/job_filter.h"

#include <charconv>

#include "admin-cli/lookup.h"

namespace certfleet::cli {

void declare_which(Verb& verb, WhichJobs& which, std::vector<std::string> states) {
  if (!states.empty())
    verb.choice(which.state, "--state", std::move(states), {"この状態のもの", "In this state"});
  verb.choice(which.queue, "--queue", {"csr", "order", "apply", "verify", "mail"},
              {"このキューのもの", "Of this queue"})
      .option(which.kind, "--kind", "KIND",
              {"この種別のもの。例 apply.run", "Of this kind, such as apply.run"})
      .option(which.service, "--service", "NAME", {"このサービスのもの", "Of this service"})
      .option(which.node, "--node", "NAME", {"このノードのもの", "Of this node"});
}

store::job_views::Filter filter_of(const Context& context, store::Tx& tx, const WhichJobs& which) {
  store::job_views::Filter filter;
  filter.state = which.state;
  if (which.queue) filter.queue = domain::queue_from(*which.queue);
  if (which.kind) filter.kind = *which.kind;
  if (which.service) filter.service = service_named(context, tx, *which.service).id;
  if (which.node) filter.node = node_named(context, tx, *which.node).id;
  return filter;
}

JobId job_number(const Context& context, const std::string& text) {
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number <= 0)
    context.fail(Fault::usage, {"{} はジョブ番号ではありません", "{} is no number of a job"}, text);
  return JobId(number);
}

}  // namespace certfleet::cli
