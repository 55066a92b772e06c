// certfleet job cancel, retry, explain
#include <unistd.h>

#include "admin-cli/follow.h"
#include "admin-cli/job_explanation.h"
#include "admin-cli/job_filter.h"
#include "admin-cli/labels.h"
#include "admin-cli/nouns.h"
#include "admin-cli/times.h"
#include "admin-cli/width.h"
#include "admin-cli/words.h"
#include "lib/store/jobs_by_hand.h"
#include "lib/trace/render.h"

namespace certfleet::cli {
namespace {

namespace job_views = store::job_views;

constexpr int jobs_per_commit = 500;  // so that no commit holds many rows for long
constexpr int tries_max = 3;          // of a batch that met somebody else's job on the same key
constexpr int traces_shown = 10;

// One job by its number, or many by what they have in common.
struct Chosen {
  std::optional<std::string> id;
  WhichJobs which;
  bool all = false;
};
struct Explain {
  std::string id;
};

// What differs between cancelling and sending again.
struct Action {
  void (*one)(store::Tx&, JobId);
  int (*many)(store::Tx&, const std::vector<JobId>&);
  bool dead;  // is done to the dead
  Text one_done, many_done, question;
};

const Action cancelling{
    store::jobs::cancel,
    store::jobs::cancel,
    false,
    {"ジョブ {} の取消を要求しました", "job {} is to be cancelled"},
    {"{} 件のジョブの取消を要求しました", "jobs that are to be cancelled: {}"},
    {"{} 件のジョブを取り消しますか?", "Cancel {} jobs?"},
};
const Action sending_again{
    store::jobs::retry,
    store::jobs::retry,
    true,
    {"ジョブ {} を再投入しました", "job {} is sent again"},
    {"{} 件のジョブを再投入しました", "jobs that are sent again: {}"},
    {"{} 件の停止したジョブを再投入しますか?", "Send {} dead jobs again?"},
};

int in_one_commit(Context& context, const Action& action, const std::vector<JobId>& ids) {
  for (int tries = 1;; ++tries) {
    try {
      return context.database().writing([&](store::Tx& tx) { return action.many(tx, ids); });
    } catch (const Failure& failure) {
      if (failure.fault() != Fault::conflict || tries == tries_max) throw;
    }
  }
}

void act_on_many(Context& context, const Chosen& a, const Action& action) {
  job_views::Filter filter;
  int count = 0;
  context.database().read([&](store::Tx& tx) {
    filter = filter_of(context, tx, a.which);
    if (action.dead) filter.state = "dead";
    count = job_views::count(tx, filter);
  });
  if (count > 0 && !context.confirmed(context.say(action.question, count))) return;
  int done = 0;
  bool progress = ::isatty(STDERR_FILENO) != 0 && count > jobs_per_commit;
  for (JobId last;;) {
    auto ids = context.database().reading(
        [&](store::Tx& tx) { return job_views::ids(tx, filter, last, jobs_per_commit); });
    if (ids.empty()) break;
    done += in_one_commit(context, action, ids);
    last = ids.back();
    if (progress) std::fprintf(stderr, "\r%d/%d", done, count);
  }
  if (progress) std::fputc('\n', stderr);
  context.out().done(context.say(action.many_done, done), {{{"count", {"件数", "count"}, done}}, {}});
}

void act(Context& context, const Chosen& a, const Action& action) {
  bool many = a.which.any() || a.all;
  if (a.id.has_value() == many)
    context.fail(Fault::usage, {"ジョブ番号か、--kind などの条件か、--all のどれかが必要です",
                                "the number of a job is needed, or a condition such as --kind, or --all"});
  if (many) return act_on_many(context, a, action);
  auto id = job_number(context, *a.id);
  context.database().write([&](store::Tx& tx) { action.one(tx, id); });
  context.out().done(context.say(action.one_done, *a.id), {{{"id", words::id, id.value()}}, {}});
}

void cancel(Context& context, const Chosen& a) {
  act(context, a, cancelling);
}
void retry(Context& context, const Chosen& a) {
  act(context, a, sending_again);
}

Table traces_table(const std::vector<store::traces::Stored>& lines, Language language) {
  Table table{{{"at", words::at}, {"text", {"ログ", "log"}}}, {}, {}};
  for (const auto& stored : lines)
    table.add({stored.line.at, trace::render(stored.line, language)},
              stored.line.level == trace::Level::error     ? Tone::error
              : stored.line.level == trace::Level::warning ? Tone::warning
                                                           : Tone::plain);
  return table;
}

// The last lines of the job, found by its request or its service.
std::vector<store::traces::Stored> traces_of(store::Tx& tx, const job_views::Standing& job) {
  store::traces::Filter filter;
  filter.job = job.row.id;
  filter.request_no = job.row.request_no;
  if (filter.request_no == 0) filter.service = job.service;
  if (filter.request_no == 0 && !filter.service) return {};
  return store::traces::newest(tx, filter, traces_shown);
}

void show_explained(Context& context, const Explain& a) {
  auto id = job_number(context, a.id);
  std::optional<job_views::Standing> job;
  std::vector<store::traces::Stored> traces;
  context.database().read([&](store::Tx& tx) {
    job = job_views::standing(tx, id);
    if (job) traces = traces_of(tx, *job);
  });
  if (!job) context.fail(Fault::not_found, {"ジョブ {} はありません", "there is no job {}"}, a.id);
  auto explanation = explain(*job, context.language());
  auto state = job_state_cell(job->row.state, context.language());
  if (context.options().json) {
    Cell holder;
    if (job->holder) holder = Cell(job->holder->id.value());
    return context.out().show({{{"id", words::id, id.value()},
                                {"kind", words::kind, job->row.kind},
                                {"state", words::state, std::move(state)},
                                {"reason", {"理由", "reason"}, explanation.reason},
                                {"explanation", {"説明", "explanation"}, explanation.sentences},
                                {"run_at", {"実行予定", "not before"}, job->row.run_at},
                                {"run_deadline", {"期限", "until"}, job->run_deadline},
                                {"key_holder", {"キーを持つジョブ", "holder of the key"}, std::move(holder)}},
                               {{"traces", {"ログ", "Log"}, traces_table(traces, context.language())}}});
  }
  std::string about = job->row.service;
  if (!job->row.node.empty()) about += (about.empty() ? "" : ":") + job->row.node;
  context.out().line(
      context.say({"ジョブ {} {} {}: {}", "job {} {} {}: {}"}, id.value(), printable(job->row.kind),
                  about.empty() ? "-" : printable(about), *state.shown),
      state.tone);
  for (const auto& sentence : explanation.sentences) context.out().line("  " + printable(sentence));
  for (const auto& line : traces) print_trace(context, line);
}

void declare_cancel(Verb& verb, Chosen& a) {
  verb.argument(a.id, "NUMBER", {"ジョブ番号", "Number of the job"});
  declare_which(verb, a.which, {"waiting", "ready", "running"});
  verb.flag(a.all, "--all", {"実行前と実行中のすべて", "All that live"});
}

void declare_retry(Verb& verb, Chosen& a) {
  verb.argument(a.id, "NUMBER", {"ジョブ番号", "Number of the job"});
  declare_which(verb, a.which, {"dead"});
  verb.flag(a.all, "--all", {"停止したすべて", "All that are dead"});
}

}  // namespace

void add_job_action_commands(Commands& commands) {
  commands.verb<Explain>(
      "job", "explain",
      {"なぜその状態で、次に何が起きるかを説明する", "Say why a job is where it is and what happens next"},
      "certfleet job explain 4711",
      [](Verb& verb, Explain& a) {
        verb.argument(a.id, "NUMBER", {"ジョブ番号", "Number of the job"});
      },
      show_explained);
  commands.verb<Chosen>("job", "cancel", {"取り消す (変更の途中のノードは、まず元に戻す)",
                                           "Cancel a job, or many; a node in mid-change is put back first"},
                        "certfleet job cancel --kind verify.node --state waiting", declare_cancel, cancel);
  commands.verb<Chosen>("job", "retry", {"停止したジョブを再投入する", "Send a dead job again, or many"},
                        "certfleet job retry --kind apply.run --service shop", declare_retry, retry);
}

}  // namespace certfleet::cli
