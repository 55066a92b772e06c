// certfleet log (manual chapter 10)
#include <charconv>

#include "admin-cli/commands.h"
#include "admin-cli/follow.h"
#include "admin-cli/log_file.h"
#include "admin-cli/lookup.h"
#include "admin-cli/nouns.h"
#include "admin-cli/times.h"

namespace certfleet::cli {
namespace {

constexpr int lines_default = 200;
constexpr int lines_max = 100'000;

struct Log {
  std::optional<std::string> service, node, level, since, until, output;
  std::optional<int> request, limit, code;
  std::optional<std::string> before;
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
      .option(a.before, "--before", "NUMBER",
              {"この番号の行より前 (前のページ)", "Older than the line of this number: the page before"})
      .option(a.output, "--output", "FILE", {"ファイルに保存する", "Into this file"})
      .flag(a.follow, "--follow", {"新しいログを待って表示し続ける", "Go on with new ones as they come"})
      .not_with("--until")
      .not_with("--before");
}

std::int64_t number_of(const Context& context, const std::string& text) {
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1)
    context.fail(Fault::usage, {"--before: {} は行の番号ではありません", "--before: {} is no number of a line"}, text);
  return number;
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
  if (filter.since && filter.until && *filter.since >= *filter.until)
    context.fail(Fault::usage, {"--until は --since より後の日時です", "--until is not after --since"});
  if (a.before) filter.before_id = number_of(context, *a.before);
  return filter;
}

// On a terminal only: a program reads lines, and has their numbers under --json.
void tell_of_older(Context& context, const store::traces::Filter& filter,
                   const std::vector<store::traces::Stored>& lines, int limit) {
  if (context.options().json || context.out().terminal().width == 0 || static_cast<int>(lines.size()) < limit) return;
  auto oldest = lines.front().id;
  if (!filter.by_time())
    for (const auto& line : lines) oldest = std::min(oldest, line.id);
  context.out().line(context.say({"(これより前の行: --before {})", "(older lines: --before {})"}, oldest));
}

void log(Context& context, const Log& a) {
  store::traces::Filter filter;
  std::vector<store::traces::Stored> lines;
  int limit = a.limit.value_or(lines_default);
  context.database().read([&](store::Tx& tx) {
    filter = filter_of(context, tx, a);
    lines = store::traces::newest(tx, filter, limit);
  });
  std::optional<LogFile> file;
  if (a.output)
    context.out().into(file.emplace(context, *a.output).stream());
  else
    tell_of_older(context, filter, lines, limit);
  if (lines.empty() && !a.follow) context.out().note(context.say({"ログはありません", "there is no log"}));
  for (const auto& line : lines) print_trace(context, line);
  if (a.follow) {
    for (const auto& line : lines) filter.after_id = std::max(filter.after_id, line.id);
    context.out().flush();
    follow(context, filter, [](store::Tx&) { return false; });
  }
  if (!file) return;
  context.out().flush();
  context.out().into(stdout);
  context.out().done(context.say({"{} に {} 行を保存しました", "{1} lines saved in {0}"}, *a.output, lines.size()),
                     {{{"file", {"ファイル", "file"}, *a.output},
                       {"lines", {"行数", "lines"}, static_cast<int>(lines.size())}},
                      {}});
}

}  // namespace

void add_log_command(Commands& commands) {
  commands.verb<Log>(nullptr, "log", {"ログを表示する", "Show the log"},
                     "certfleet log --service shop --level warning --since \"2026-12-01 00:00\" --output shop.log",
                     declare, log);
}

}  // namespace certfleet::cli
