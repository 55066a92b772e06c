// certfleet status (manual 6.1.1): which daemons run, and what waits for them.
#include "admin-cli/commands.h"
#include "admin-cli/context.h"
#include "admin-cli/nouns.h"
#include "admin-cli/words.h"
#include "lib/store/overview.h"

namespace certfleet::cli {
namespace {

namespace overview = store::overview;

Table workers_table(const std::vector<overview::WorkerRow>& rows, Language language) {
  Table table{{{"queue", words::queue},
               {"host", words::host},
               {"pid", {"PID", "pid"}},
               {"site", words::site},
               {"running", {"実行中", "running"}},
               {"slots", {"枠", "slots"}},
               {"state", words::state},
               {"started_at", {"起動", "since"}}},
              {},
              {}};
  for (const auto& row : rows) {
    auto state =
        row.draining
            ? Cell("draining").as(std::string(Text{"停止処理中", "draining"}.in(language)), Tone::warning)
            : Cell("running").as(std::string(Text{"稼働中", "running"}.in(language)));
    table.add({row.queue, row.host, row.pid, row.site.empty() ? Cell() : Cell(row.site), row.running,
               row.slots, std::move(state), row.started_at});
  }
  return table;
}

Table daemons_table(const std::vector<overview::DaemonRow>& rows, Language language) {
  Table table{
      {{"program", {"プログラム", "program"}}, {"pid", {"PID", "pid"}}, {"leads", {"役割", "role"}}}, {}, {}};
  for (const auto& row : rows) {
    Cell role;
    if (row.program == "certfleet-scheduler")
      role = Cell(row.leads).as(
          std::string((row.leads ? Text{"主", "leads"} : Text{"待機", "stands by"}).in(language)));
    table.add({row.program, row.pid, std::move(role)});
  }
  return table;
}

// A queue with work and no worker is what a person must see.
Table queues_table(const std::vector<overview::QueueRow>& rows,
                   const std::vector<overview::WorkerRow>& workers) {
  Table table{{{"queue", words::queue},
               {"workers", {"ワーカー", "workers"}},
               {"waiting", {"待機", "waiting"}},
               {"ready", {"実行可", "ready"}},
               {"running", {"実行中", "running"}},
               {"dead", {"停止", "dead"}}},
              {},
              {}};
  for (const auto& row : rows) {
    int count = 0;
    for (const auto& worker : workers) count += worker.queue == row.queue ? 1 : 0;
    table.add({row.queue, Cell(count).in(count == 0 ? Tone::error : Tone::plain), row.waiting, row.ready,
               row.running, Cell(row.dead).in(row.dead > 0 ? Tone::error : Tone::plain)});
  }
  return table;
}

void status(Context& context, const NoArguments&) {
  std::vector<overview::WorkerRow> workers;
  std::vector<overview::DaemonRow> daemons;
  std::vector<overview::QueueRow> queues;
  context.database().read([&](store::Tx& tx) {
    workers = overview::workers(tx);
    daemons = overview::daemons(tx);
    queues = overview::queues(tx);
  });
  int brokers = 0;
  int schedulers = 0;
  for (const auto& row : daemons) ++(row.program == "certfleet-broker" ? brokers : schedulers);
  auto count = [](int number) { return Cell(number).in(number == 0 ? Tone::error : Tone::plain); };
  context.out().show({{{"schedulers", {"スケジューラー", "schedulers"}, count(schedulers)},
                       {"brokers", {"ブローカー", "brokers"}, count(brokers)},
                       {"workers", {"ワーカー", "workers"}, count(static_cast<int>(workers.size()))}},
                      {{"queues", {"キュー", "Queues"}, queues_table(queues, workers)},
                       {"daemons",
                        {"スケジューラーとブローカー", "Schedulers and brokers"},
                        daemons_table(daemons, context.language())},
                       {"sessions", {"ワーカー", "Workers"}, workers_table(workers, context.language())}}});
}

}  // namespace

void add_status_command(Commands& commands) {
  commands.verb<NoArguments>(nullptr, "status",
                             {"デーモンの稼働状態", "Which daemons run, and what waits for them"},
                             "certfleet status", nullptr, status);
}

}  // namespace certfleet::cli
