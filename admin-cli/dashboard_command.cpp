// certfleet dashboard (manual 6.1): errors red, warnings yellow, information plain.
#include "admin-cli/commands.h"
#include "admin-cli/context.h"
#include "admin-cli/labels.h"
#include "admin-cli/nouns.h"
#include "admin-cli/words.h"
#include "lib/domain/expiry.h"
#include "lib/store/company.h"
#include "lib/store/overview.h"

namespace certfleet::cli {
namespace {

namespace overview = store::overview;

constexpr Text level_word{"区分", "level"};
constexpr Text topic_word{"項目", "topic"};
constexpr Text subject_word{"対象", "subject"};
constexpr Text text_word{"内容", "what"};

struct Board {
  Table errors, warnings, information;

  Board() {
    for (auto* table : {&errors, &warnings, &information})
      table->columns = {{"topic", topic_word}, {"subject", subject_word}, {"text", text_word}};
  }
};

Cell topic(const char* word, const Text& text, Language language) {
  return Cell(word).as(std::string(text.in(language)));
}

constexpr Text expiry_topic{"期限管理", "expiry"};
constexpr Text order_topic{"申請", "order"};
constexpr Text apply_topic{"適用", "apply"};

void add_expiry(Board& board, const overview::ServiceRow& row, WallTime now, Language language) {
  auto expiry = domain::expiry_of(row.not_after, now);
  if (expiry == domain::Expiry::expired)
    board.errors.add(
        {topic("expiry", expiry_topic, language), row.name, expiry_cell(row.not_after, now, language)},
        Tone::error);
  else if (domain::is_warning(expiry))
    board.warnings.add(
        {topic("expiry", expiry_topic, language), row.name, expiry_cell(row.not_after, now, language)},
        Tone::warning);
}

void add_order(Board& board, const overview::ServiceRow& row, Language language) {
  if (!row.order_state) return;
  auto state = order_state_cell(row.order_state, language);
  if (*row.order_state == "failed") {
    auto text = *state.shown + (row.order_error.empty() ? "" : ": " + row.order_error);
    board.errors.add({topic("order", order_topic, language), row.name, std::move(state).as(text)},
                     Tone::error);
  } else if (*row.order_state == "scheduled" && row.order_at) {
    auto text = *state.shown + ": " + *Cell(*row.order_at).shown;
    board.information.add({topic("order", order_topic, language), row.name, std::move(state).as(text)});
  } else if (*row.order_state == "started" || *row.order_state == "placed") {
    board.information.add({topic("order", order_topic, language), row.name, std::move(state)});
  }
}

void add_apply(Board& board, const overview::NodeRow& row, Language language) {
  auto status = apply_status_cell(row.apply_status, language);
  auto subject = row.service + ":" + row.name;
  if (row.apply_status == "failed" || row.apply_status == "rolled_back") {
    auto text = *status.shown + (row.apply_error.empty() ? "" : ": " + row.apply_error);
    board.warnings.add({topic("apply", apply_topic, language), subject, std::move(status).as(text)},
                       Tone::warning);
  } else if (row.apply_status == "scheduled" || row.apply_status == "started") {
    auto text = *status.shown + (row.apply_at ? ": " + *Cell(*row.apply_at).shown : "");
    board.information.add({topic("apply", apply_topic, language), subject, std::move(status).as(text)});
  }
}

void dashboard(Context& context, const NoArguments&) {
  Board board;
  std::string company;
  auto language = context.language();
  auto now = SystemClock().wall();
  context.database().read([&](store::Tx& tx) {
    if (auto found = store::company::find(tx)) company = found->name;
    for (const auto& row : overview::services(tx)) {
      // Manual 7.2.2: a disabled service is not looked after.
      if (!row.enabled) continue;
      add_expiry(board, row, now, language);
      add_order(board, row, language);
    }
    for (const auto& row : overview::nodes(tx))
      if (row.enabled) add_apply(board, row, language);
  });
  bool quiet = board.errors.rows.empty() && board.warnings.rows.empty() && board.information.rows.empty();
  context.out().show({{{"company", words::company, company}},
                      {{"errors", {"エラー", "Errors"}, board.errors},
                       {"warnings", {"ワーニング", "Warnings"}, board.warnings},
                       {"information", {"インフォメーション", "Information"}, board.information}}});
  if (quiet) context.out().line(context.say({"\n通知事項はありません", "\nNothing to report"}));
}

}  // namespace

void add_dashboard_command(Commands& commands) {
  commands.verb<NoArguments>(
      nullptr, "dashboard",
      {"エラー・ワーニング・予定を一目で", "Errors, warnings and what is under way, at a glance"},
      "certfleet dashboard", nullptr, dashboard);
}

}  // namespace certfleet::cli
