// certfleet dashboard (manual 6.1): errors red, warnings yellow, information plain.
#include "admin-cli/commands.h"
#include "admin-cli/context.h"
#include "admin-cli/labels.h"
#include "admin-cli/nouns.h"
#include "admin-cli/words.h"
#include "lib/store/board.h"
#include "lib/store/company.h"

namespace certfleet::cli {
namespace {

using store::board::Board;
using store::board::Item;
using store::board::Topic;

constexpr int first_default = 5;
constexpr int first_max = 1000;

struct Dashboard {
  std::optional<int> limit;
};

// What is told about one item, beside its name.
using Tell = Cell (*)(const Item& item, WallTime now, Language language);

Cell tell_expiry(const Item& item, WallTime now, Language language) { return expiry_cell(item.at, now, language); }

Cell tell_order(const Item& item, WallTime, Language language) {
  auto state = order_state_cell(item.state, language, !item.error.empty());
  auto text = *state.shown;
  if (!item.error.empty()) text += ": " + item.error;
  if (item.state == "scheduled" && item.at) text += ": " + *Cell(*item.at).shown;
  return std::move(state).as(text);
}

Cell tell_apply(const Item& item, WallTime, Language language) {
  auto status = apply_status_cell(item.state, language);
  auto text = *status.shown;
  bool ended = item.state == "failed" || item.state == "rolled_back";
  if (ended && !item.error.empty()) text += ": " + item.error;
  if (!ended && item.at) text += ": " + *Cell(*item.at).shown;
  return std::move(status).as(text);
}

struct Row {
  const char* key;
  Text title;
  Tone tone;
  const char* family;  // of the details
  Text family_title;
  const char* see;  // the command that shows all
  Topic Board::*topic;
  Tell tell;
};

constexpr Text expiry_topic{"期限管理", "expiry"};
constexpr Text order_topic{"申請", "order"};
constexpr Text apply_topic{"適用", "apply"};

constexpr std::array rows = {
    Row{"expired", {"証明書失効", "certificates expired"}, Tone::error, "expiry", expiry_topic,
        "certfleet service list --state expired", &Board::expired, tell_expiry},
    Row{"order_failed", {"申請エラー", "orders failed"}, Tone::error, "order", order_topic,
        "certfleet service list --order-error on --enabled on", &Board::orders_failed, tell_order},
    Row{"under_15", {"期限15日未満", "under 15 days"}, Tone::warning, "expiry", expiry_topic,
        "certfleet service list --state under-15 --sort expiry", &Board::under_15, tell_expiry},
    Row{"under_30", {"期限30日未満", "under 30 days"}, Tone::warning, "expiry", expiry_topic,
        "certfleet service list --state under-30 --sort expiry", &Board::under_30, tell_expiry},
    Row{"under_60", {"期限60日未満", "under 60 days"}, Tone::warning, "expiry", expiry_topic,
        "certfleet service list --state under-60 --sort expiry", &Board::under_60, tell_expiry},
    Row{"under_90", {"期限90日未満", "under 90 days"}, Tone::warning, "expiry", expiry_topic,
        "certfleet service list --state under-90 --sort expiry", &Board::under_90, tell_expiry},
    Row{"apply_failed", {"適用エラー", "applies failed"}, Tone::warning, "apply", apply_topic,
        "certfleet node list --apply-status failed --apply-status rolled_back --enabled on --service-enabled on",
        &Board::applies_failed, tell_apply},
    Row{"order_scheduled", {"申請待ち", "orders scheduled"}, Tone::plain, "order", order_topic,
        "certfleet service list --order scheduled --order-error off --enabled on", &Board::orders_scheduled,
        tell_order},
    Row{"order_under_way", {"申請中", "orders under way"}, Tone::plain, "order", order_topic,
        "certfleet service list --order started --order placed --order-error off --enabled on",
        &Board::orders_under_way, tell_order},
    Row{"apply_scheduled", {"適用待ち", "applies scheduled"}, Tone::plain, "apply", apply_topic,
        "certfleet node list --apply-status scheduled --enabled on --service-enabled on",
        &Board::applies_scheduled, tell_apply},
    Row{"apply_under_way", {"適用中", "applies under way"}, Tone::plain, "apply", apply_topic,
        "certfleet node list --apply-status started --enabled on --service-enabled on",
        &Board::applies_under_way, tell_apply},
};

Table counts(const Board& board, Language language) {
  Table table{{{"topic", {"項目", "topic"}}, {"count", {"件数", "count"}}, {"see", {"一覧", "all of them"}}}, {}, {}};
  for (const auto& row : rows)
    if (int count = (board.*row.topic).count; count > 0)
      table.add({Cell(row.key).as(std::string(row.title.in(language))), count, row.see}, row.tone);
  return table;
}

Table details(const Board& board, Tone tone, WallTime now, Language language) {
  Table table{{{"topic", {"項目", "topic"}}, {"subject", {"対象", "subject"}}, {"text", {"内容", "what"}}}, {}, {}};
  for (const auto& row : rows) {
    if (row.tone != tone) continue;
    for (const auto& item : (board.*row.topic).first)
      table.add({Cell(row.family).as(std::string(row.family_title.in(language))),
                 item.node.empty() ? item.service : item.service + ":" + item.node, row.tell(item, now, language)},
                tone);
  }
  return table;
}

void dashboard(Context& context, const Dashboard& a) {
  Board board;
  std::string company;
  std::string login;
  context.database().read([&](store::Tx& tx) {
    if (auto found = store::company::find(tx)) company = found->name;
    login = store::board::login(tx);
    board = store::board::get(tx, a.limit.value_or(first_default));
  });
  auto language = context.language();
  auto now = SystemClock().wall();
  auto counted = counts(board, language);
  bool quiet = counted.rows.empty();
  context.out().show({{{"company", words::company, company}, {"user", words::user, login}},
                      {{"counts", {"件数", "Counts"}, std::move(counted)},
                       {"errors", {"エラー", "Errors"}, details(board, Tone::error, now, language)},
                       {"warnings", {"ワーニング", "Warnings"}, details(board, Tone::warning, now, language)},
                       {"information", {"インフォメーション", "Information"},
                        details(board, Tone::plain, now, language)}}});
  if (quiet) context.out().line(context.say({"\n通知事項はありません", "\nNothing to report"}));
}

}  // namespace

void add_dashboard_command(Commands& commands) {
  commands.verb<Dashboard>(
      nullptr, "dashboard",
      {"エラー・ワーニング・予定を一目で", "Errors, warnings and what is under way, at a glance"},
      "certfleet dashboard --limit 20",
      [](Verb& verb, Dashboard& a) {
        verb.option(a.limit, "--limit", "N", 1, first_max,
                    {"項目毎に表示する数 (5)", "So many of each topic by name (5)"});
      },
      dashboard);
}

}  // namespace certfleet::cli
