// certfleet job list, show
#include "admin-cli/commands.h"
#include "admin-cli/context.h"
#include "admin-cli/job_filter.h"
#include "admin-cli/labels.h"
#include "admin-cli/nouns.h"
#include "admin-cli/words.h"
#include "lib/store/job_views.h"

namespace certfleet::cli {
namespace {

namespace job_views = store::job_views;

constexpr int rows_default = 100;
constexpr int rows_max = 10'000;

struct List {
  WhichJobs which;
  std::optional<std::string> before;
  std::optional<int> limit;
  bool all = false;
};
struct Numbered {
  std::string id;
};

void list(Context& context, const List& a) {
  auto before = a.before ? job_number(context, *a.before) : JobId();
  auto rows = context.database().reading([&](store::Tx& tx) {
    auto filter = filter_of(context, tx, a.which);
    filter.before = before;
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
  auto id = job_number(context, a.id);
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

void declare_list(Verb& verb, List& a) {
  declare_which(verb, a.which, {"waiting", "ready", "running", "dead", "done", "failed", "cancelled"});
  verb.flag(a.all, "--all", {"終了したものも表示する", "Those that have ended, too"})
      .option(a.limit, "--limit", "N", 1, rows_max, {"件数 (100)", "How many (100)"})
      .option(a.before, "--before", "NUMBER",
              {"この番号より古いもの: 次のページ", "Older than this number: the next page"});
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
  add_job_action_commands(commands);
}

}  // namespace certfleet::cli
