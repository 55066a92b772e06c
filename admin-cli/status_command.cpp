// certfleet status (manual 6.1.1): every daemon on every host, what it does, what waits, and what is missing.
#include "admin-cli/commands.h"
#include "admin-cli/context.h"
#include "admin-cli/nouns.h"
#include "admin-cli/words.h"
#include "lib/store/daemons.h"
#include "lib/store/status.h"

namespace certfleet::cli {
namespace {

namespace status_of = store::status;

constexpr int running_max = 100;  // jobs that are shown by name

constexpr Text since{"起動", "since"};
constexpr Text seen{"最終確認", "last seen"};

struct State {
  std::vector<store::daemons::Row> daemons;
  std::vector<status_of::Worker> workers;
  std::vector<status_of::Running> running;
  std::vector<status_of::QueueRow> queues;
  std::vector<status_of::Uncovered> uncovered;

  int count(std::string_view program) const {
    return static_cast<int>(std::count_if(daemons.begin(), daemons.end(),
                                          [&](const auto& row) { return row.program == program; }));
  }
  bool led() const {
    return std::any_of(daemons.begin(), daemons.end(), [](const auto& row) { return row.leads; });
  }
  // Those that take jobs.
  int workers_of(std::string_view queue) const {
    return static_cast<int>(std::count_if(workers.begin(), workers.end(), [&](const auto& worker) {
      return worker.queue == queue && !worker.draining;
    }));
  }
};

// What keeps the system from doing its work, one line each.
std::vector<std::string> missing(const Context& context, const State& state) {
  std::vector<std::string> lines;
  if (state.count("scheduler") == 0)
    lines.push_back(context.say({"スケジューラーが稼働していません", "no scheduler runs"}));
  else if (!state.led())
    lines.push_back(context.say({"主となるスケジューラーがありません", "no scheduler leads"}));
  for (const auto& queue : state.queues)
    if (state.workers_of(queue.queue) == 0)
      lines.push_back(
          context.say({"キュー {} のワーカーが稼働していません", "no worker of the queue {} runs"}, queue.queue));
  for (const auto& [queue, site] : state.uncovered)
    if (state.workers_of(queue) > 0)
      lines.push_back(context.say({"拠点 {1} のためのキュー {0} のワーカーが稼働していません",
                                   "no worker of the queue {} runs for the site {}"},
                                  queue, site));
  return lines;
}

Table missing_table(const Context& context, const State& state, const std::vector<std::string>& lines) {
  Table table{{{"text", {"不足", "what"}}}, {}, {}};
  for (const auto& line : lines) table.add({line}, Tone::error);
  // Workers look for themselves then: slower, and at more cost.
  if (state.count("broker") == 0)
    table.add({context.say({"ブローカーが稼働していません (処理は遅くなりますが続きます)",
                            "no broker runs (work goes on, more slowly)"})},
              Tone::warning);
  return table;
}

Table workers_table(const State& state, Language language) {
  Table table{{{"queue", words::queue},
               {"host", words::host},
               {"pid", {"PID", "pid"}},
               {"site", words::site},
               {"running", {"実行中", "running"}},
               {"slots", {"枠", "slots"}},
               {"state", words::state},
               {"started_at", since},
               {"seen_at", seen}},
              {},
              {}};
  for (const auto& row : state.workers) {
    auto working =
        row.draining
            ? Cell("draining").as(std::string(Text{"停止処理中", "draining"}.in(language)), Tone::warning)
            : Cell("running").as(std::string(Text{"稼働中", "running"}.in(language)));
    table.add({row.queue, row.host, row.pid, row.site.empty() ? Cell() : Cell(row.site), row.running, row.slots,
               std::move(working), row.started_at, row.seen_at});
  }
  return table;
}

Table daemons_table(const State& state, Language language) {
  Table table{{{"program", {"プログラム", "program"}},
               {"host", words::host},
               {"pid", {"PID", "pid"}},
               {"leads", {"役割", "role"}},
               {"endpoint", {"待受", "listens on"}},
               {"started_at", since},
               {"seen_at", seen}},
              {},
              {}};
  for (const auto& row : state.daemons) {
    Cell role;
    if (row.program == "scheduler")
      role = Cell(row.leads).as(std::string((row.leads ? Text{"主", "leads"} : Text{"待機", "stands by"}).in(language)));
    table.add({row.program, row.host, row.pid, std::move(role), row.endpoint.empty() ? Cell() : Cell(row.endpoint),
               row.started_at, row.seen_at});
  }
  return table;
}

Table running_table(const State& state) {
  Table table{{{"kind", words::kind},
               {"service", words::service},
               {"node", words::node},
               {"request_no", words::request},
               {"host", words::host},
               {"pid", {"PID", "pid"}},
               {"since", {"開始", "since"}}},
              {},
              {}};
  for (const auto& row : state.running)
    table.add({row.kind, row.service.empty() ? Cell() : Cell(row.service), row.node.empty() ? Cell() : Cell(row.node),
               row.request_no == 0 ? Cell() : Cell(row.request_no).as(fmt::format("{:05}", row.request_no)), row.host,
               row.pid, row.since});
  return table;
}

// A queue with no worker, and dead jobs, are what a person must see.
Table queues_table(const State& state) {
  Table table{{{"queue", words::queue},
               {"workers", {"ワーカー", "workers"}},
               {"waiting", {"待機", "waiting"}},
               {"ready", {"実行可", "ready"}},
               {"running", {"実行中", "running"}},
               {"dead", {"停止", "dead"}}},
              {},
              {}};
  for (const auto& row : state.queues) {
    int count = state.workers_of(row.queue);
    table.add({row.queue, Cell(count).in(count == 0 ? Tone::error : Tone::plain), row.waiting, row.ready, row.running,
               Cell(row.dead).in(row.dead > 0 ? Tone::error : Tone::plain)});
  }
  return table;
}

void status(Context& context, const NoArguments&) {
  State state;
  context.database().read([&](store::Tx& tx) {
    state.daemons = store::daemons::living(tx);
    state.workers = status_of::workers(tx);
    state.running = status_of::running(tx, running_max);
    state.queues = status_of::queues(tx);
    state.uncovered = status_of::uncovered(tx);
  });
  auto lines = missing(context, state);
  auto language = context.language();
  auto count = [](int number, Tone none) { return Cell(number).in(number == 0 ? none : Tone::plain); };
  context.out().show(
      {{{"works", {"稼働", "works"}, Cell(lines.empty()).in(lines.empty() ? Tone::plain : Tone::error)},
        {"schedulers", {"スケジューラー", "schedulers"}, count(state.count("scheduler"), Tone::error)},
        {"brokers", {"ブローカー", "brokers"}, count(state.count("broker"), Tone::warning)},
        {"workers", {"ワーカー", "workers"}, count(static_cast<int>(state.workers.size()), Tone::error)}},
       {{"missing", {"不足しているもの", "Missing"}, missing_table(context, state, lines)},
        {"queues", {"キュー", "Queues"}, queues_table(state)},
        {"daemons", {"スケジューラーとブローカー", "Schedulers and brokers"}, daemons_table(state, language)},
        {"sessions", {"ワーカー", "Workers"}, workers_table(state, language)},
        {"jobs", {"実行中の処理", "Running jobs"}, running_table(state)}}});
  if (!lines.empty())
    context.fail(Fault::permanent, {"システムは正常に動作できません: {}", "the system can't do its work: {}"},
                 lines.size() == 1
                     ? lines.front()
                     : context.say({"{} など {} 件", "{}, and {} more"}, lines.front(),
                                   lines.size() - (language == Language::ja ? 0 : 1)));
}

}  // namespace

void add_status_command(Commands& commands) {
  commands.verb<NoArguments>(
      nullptr, "status",
      {"デーモンの稼働状態 (不足があれば終了コード 1)", "Which daemons run and what they do; exit code 1 if one is missing"},
      "certfleet status", nullptr, status);
}

}  // namespace certfleet::cli
