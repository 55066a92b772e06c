// certfleet job …
#include <charconv>

#include "admin-cli/commands.h"
#include "admin-cli/context.h"
#include "admin-cli/labels.h"
#include "admin-cli/lookup.h"
#include "admin-cli/nouns.h"
#include "admin-cli/words.h"
#include "lib/store/job_views.h"
#include "lib/store/jobs_by_hand.h"

namespace certfleet::cli {
namespace {

namespace job_views = store::job_views;

constexpr int rows_default = 100;
constexpr int rows_max = 10'000;
constexpr Text job_word{"ジョブ", "job"};

struct List {
  std::optional<std::string> state, queue, service, node;
  std::optional<int> limit;
  bool all = false;
};
struct Numbered {
  std::string id;
};

JobId job_id(const Context& context, const std::string& text) {
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number <= 0)
    context.fail(Fault::usage, {"{} はジョブ番号ではありません", "{} is no number of a job"}, text);
  return JobId(number);
}

void list(Context& context, const List& a) {
  auto rows = context.database().reading([&](store::Tx& tx) {
    job_views::Filter filter;
    filter.state = a.state;
    if (a.queue) filter.queue = domain::queue_from(*a.queue);
    if (a.service) filter.service = service_named(context, tx, *a.service).id;
    if (a.node) filter.node = node_named(context, tx, *a.node).id;
    filter.ended = a.all;
    return job_views::newest(tx, filter, a.limit.value_or(rows_default));
  });
  auto language = context.language();
  Table table{{{"id", words::id},
               {"kind", words::kind},
               {"state", words::state},
               {"service", words::service},
               {"node", words::node},
               {"request_no", words::request},
               {"attempts_failed", {"失敗回数", "failed"}},
               {"created_at", {"作成", "created"}},
               {"worker", {"ワーカー", "worker"}},
               {"error", words::error}},
              {},
              {}};
  auto name = [](const std::string& text) { return text.empty() ? Cell() : Cell(text); };
  for (const auto& row : rows)
    table.add({row.id.value(), row.kind, job_state_cell(row.state, language), name(row.service),
               name(row.node), Cell(row.request_no).as(fmt::format("{:05}", row.request_no)),
               row.attempts_failed, row.created_at, name(row.worker), name(row.error)});
  context.out().show(table);
}

void show(Context& context, const Numbered& a) {
  auto id = job_id(context, a.id);
  auto row = context.database().reading([&](store::Tx& tx) { return job_views::find(tx, id); });
  if (!row) context.fail(Fault::not_found, {"ジョブ {} はありません", "there is no job {}"}, a.id);
  auto name = [](const std::string& text) { return text.empty() ? Cell() : Cell(text); };
  context.out().show(
      {{{"id", words::id, row->id.value()},
        {"kind", words::kind, row->kind},
        {"queue", words::queue, row->queue},
        {"state", words::state, job_state_cell(row->state, context.language())},
        {"service", words::service, name(row->service)},
        {"node", words::node, name(row->node)},
        {"site", words::site, name(row->site)},
        {"worker", {"ワーカー", "worker"}, name(row->worker)},
        {"request_no", words::request, Cell(row->request_no).as(fmt::format("{:05}", row->request_no))},
        {"priority", {"優先度", "priority"}, row->priority},
        {"attempts_failed", {"失敗した試行", "failed attempts"}, row->attempts_failed},
        {"deliveries", {"配布回数", "deliveries"}, row->deliveries},
        {"crashes", {"ワーカー消失", "lost workers"}, row->crashes},
        {"cancel", {"取消要求", "cancel asked for"}, row->cancel},
        {"created_at", {"作成", "created"}, row->created_at},
        {"run_at", {"実行予定", "not before"}, row->run_at},
        {"started_at", {"開始", "started"}, row->started_at},
        {"ended_at", {"終了", "ended"}, row->ended_at},
        {"error", words::error, name(row->error)}},
       {}});
}

void cancel(Context& context, const Numbered& a) {
  auto id = job_id(context, a.id);
  context.database().write([&](store::Tx& tx) { store::jobs::cancel(tx, id); });
  context.out().done(context.say({"ジョブ {} の取消を要求しました", "job {} is to be cancelled"}, a.id),
                     {{{"id", words::id, id.value()}}, {}});
}

void retry(Context& context, const Numbered& a) {
  auto id = job_id(context, a.id);
  context.database().write([&](store::Tx& tx) { store::jobs::retry(tx, id); });
  context.out().done(context.say({"ジョブ {} を再投入しました", "job {} is sent again"}, a.id),
                     {{{"id", words::id, id.value()}}, {}});
}

void declare_list(Verb& verb, List& a) {
  verb.choice(a.state, "--state", {"waiting", "ready", "running", "dead", "done", "failed", "cancelled"},
              {"この状態のもの", "In this state"})
      .choice(a.queue, "--queue", {"csr", "order", "apply", "verify", "mail"},
              {"このキューのもの", "Of this queue"})
      .option(a.service, "--service", "NAME", {"このサービスのもの", "Of this service"})
      .option(a.node, "--node", "NAME", {"このノードのもの", "Of this node"})
      .flag(a.all, "--all", {"終了したものも表示する", "Those that have ended, too"})
      .option(a.limit, "--limit", "N", 1, rows_max, {"件数 (100)", "How many (100)"});
}

void declare_numbered(Verb& verb, Numbered& a) {
  verb.argument(a.id, "NUMBER", {"ジョブ番号", "Number of the job"});
}

}  // namespace

void add_job_commands(Commands& commands) {
  commands.noun("job", {"ジョブ: パイプラインの仕事", "Jobs: the work of the pipeline"});
  commands.verb<List>("job", "list", {"ジョブの一覧", "List jobs that live or are dead"},
                      "certfleet job list --state dead", declare_list, list);
  commands.verb<Numbered>("job", "show", {"詳細を表示する", "Show a job"}, "certfleet job show 4711",
                          declare_numbered, show);
  commands.verb<Numbered>("job", "cancel", {"取り消す", "Cancel a job"}, "certfleet job cancel 4711",
                          declare_numbered, cancel);
  commands.verb<Numbered>("job", "retry", {"停止したジョブを再投入する", "Send a dead job again"},
                          "certfleet job retry 4711", declare_numbered, retry);
}

}  // namespace certfleet::cli
