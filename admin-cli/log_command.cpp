// certfleet log (manual chapter 10)
#include "admin-cli/commands.h"
#include "admin-cli/follow.h"
#include "admin-cli/lookup.h"
#include "admin-cli/nouns.h"
#include "admin-cli/times.h"

namespace certfleet::cli {
namespace {

constexpr int lines_default = 200;
constexpr int lines_max = 100'000;

struct Log {
  std::optional<std::string> service, node, level, since, until;
  std::optional<int> request, limit, code;
  bool follow = false;
};

void declare(Verb& verb, Log& a) {
  verb.option(a.service, "--service", "NAME", {"このサービスのログ", "Of this service"})
      .option(a.node, "--node", "NAME", {"このノードのログ", "Of this node"})
      .choice(a.level, "--level", {"info", "warning", "error"}, {"この重さ以上", "This level and graver"})
      .option(a.request, "--request", "N", 1, 99999, {"この要求番号", "Of this request"})
      .option(a.code, "--id", "N", 0, 9999, {"このメッセージ ID", "With this message id"})
      .option(a.since, "--since", "TIME", {"この日時から", "From this time on"})
      .option(a.until, "--until", "TIME", {"この日時まで", "Before this time"})
      .option(a.limit, "--limit", "N", 1, lines_max, {"最新の行数 (200)", "So many of the newest (200)"})
      .flag(a.follow, "--follow", {"新しいログを待って表示し続ける", "Go on with new ones as they come"});
}

store::traces::Filter filter_of(const Context& context, store::Tx& tx, const Log& a) {
  store::traces::Filter filter;
  if (a.service) filter.service = service_named(context, tx, *a.service).id;
  if (a.node) filter.node = node_named(context, tx, *a.node).id;
  if (a.request) filter.request_no = *a.request;
  if (a.level == "warning") filter.least = trace::Level::warning;
  if (a.level == "error") filter.least = trace::Level::error;
  filter.code = a.code;
  if (a.since) filter.since = parse_time(*a.since);
  if (a.until) filter.until = parse_time(*a.until);
  return filter;
}

void log(Context& context, const Log& a) {
  store::traces::Filter filter;
  std::vector<store::traces::Stored> lines;
  context.database().read([&](store::Tx& tx) {
    filter = filter_of(context, tx, a);
    lines = store::traces::newest(tx, filter, a.limit.value_or(lines_default));
  });
  for (const auto& line : lines) print_trace(context, line);
  if (!a.follow) return;
  for (const auto& line : lines) filter.after_id = std::max(filter.after_id, line.id);
  context.out().flush();
  follow(context, filter, [](store::Tx&) { return false; });
}

}  // namespace

void add_log_command(Commands& commands) {
  commands.verb<Log>(nullptr, "log", {"ログを表示する", "Show the log"},
                     "certfleet log --service shop --level warning --follow", declare, log);
}

}  // namespace certfleet::cli
