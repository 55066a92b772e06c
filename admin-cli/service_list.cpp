#include "admin-cli/service_list.h"

#include "admin-cli/labels.h"
#include "admin-cli/lookup.h"
#include "admin-cli/words.h"
#include "lib/domain/expiry.h"
#include "lib/domain/idn.h"
#include "lib/store/service_list.h"

namespace certfleet::cli {
namespace {

namespace service_list = store::service_list;

constexpr int rows_default = 100;  // for people; a program gets all unless it says how many
constexpr int rows_max = 100'000;

struct StateWord {
  const char* word;
  service_list::State state;
};
constexpr std::array states = {
    StateWord{"ok", service_list::State::ok},
    StateWord{"expiring", service_list::State::expiring},
    StateWord{"under-90", service_list::State::under_90},
    StateWord{"under-60", service_list::State::under_60},
    StateWord{"under-30", service_list::State::under_30},
    StateWord{"under-15", service_list::State::under_15},
    StateWord{"expired", service_list::State::expired},
    StateWord{"none", service_list::State::none},
};

// A person may look for a name in his own script; it stands in its other form.
std::optional<std::string> in_common_name(const std::string& text) {
  try {
    return domain::a_labels(text);
  } catch (const Failure&) {
    return std::nullopt;  // no whole label: then it can only be found in the service's name
  }
}

service_list::Query query_of(const Context& context, store::Tx& tx, const ListServices& a, int limit) {
  service_list::Query query;
  query.text = a.text;
  if (a.text) query.common_name = in_common_name(*a.text);
  if (a.group) query.group = group_named(context, tx, *a.group).id;
  for (const auto& [word, state] : states)
    if (a.state == word) query.state = state;
  query.enabled = a.enabled;
  query.order_states = a.orders;
  query.order_in_error = a.order_error;
  auto sort = a.sort.value_or("name");
  if (sort == "common-name") query.sort = service_list::Sort::common_name;
  if (sort == "expiry") query.sort = service_list::Sort::expiry;
  if (sort == "order") query.sort = service_list::Sort::order_state;
  query.reverse = a.reverse;
  query.limit = limit;
  query.after = a.after;
  return query;
}

// Manual 7.1: a row is yellow or red with the state of its certificate. A disabled service is left out of it.
Tone tone_of(const store::overview::ServiceRow& row, WallTime now) {
  if (!row.enabled) return Tone::plain;
  auto expiry = domain::expiry_of(row.not_after, now);
  if (expiry == domain::Expiry::expired) return Tone::error;
  return domain::is_warning(expiry) ? Tone::warning : Tone::plain;
}

Table table_of(const service_list::Page& page, Language language) {
  auto now = SystemClock().wall();
  Table table{{{"name", words::name},
               {"common_name", words::common_name},
               {"not_after", words::expires},
               {"expiry", words::state},
               {"order_state", {"申請", "order"}},
               {"nodes", {"ノード", "nodes"}},
               {"group", words::group},
               {"enabled", words::enabled}},
              {},
              {}};
  for (const auto& row : page.rows) {
    table.add({row.name, Cell(row.common_name).as(domain::u_labels(row.common_name)),
               expiry_cell(row.not_after, now, language), expiry_status_cell(row.not_after, now, language),
               order_state_cell(row.order_state, language, row.order_in_error), row.nodes, row.group, row.enabled},
              tone_of(row, now));
    if (!row.enabled)
      for (auto& cell : table.rows.back()) cell.tone = Tone::plain;
  }
  return table;
}

}  // namespace

void declare_service_list(Verb& verb, ListServices& a) {
  std::vector<std::string> state_words;
  for (const auto& each : states) state_words.emplace_back(each.word);
  verb.option(a.text, "--match", "TEXT",
              {"名称またはコモンネームに含まれる文字", "Text in the name or the common name"})
      .option(a.group, "--group", "NAME", {"このグループのもの", "Of this group"})
      .choice(a.state, "--state", state_words,
              {"証明書の状態 (expiring は 90 日未満、under-30 は 15 日以上 30 日未満)。無効なサービスは含まない",
               "How the certificate stands (expiring: under 90 days; under-30: 15 days or more, under 30); without"
               " disabled services"})
      .choice(a.enabled, "--enabled", {"有効/無効", "Enabled ones, or disabled ones"})
      .choices(a.orders, "--order", {"none", "scheduled", "started", "placed", "issued", "failed", "cancelled"},
               {"最新の申請の状態", "State of the newest order"})
      .choice(a.order_error, "--order-error",
              {"最新の申請が失敗またはエラーで再試行待ち (on)、それ以外 (off)",
               "The newest order failed, or met an error and is tried again; off: neither"})
      .choice(a.sort, "--sort", {"name", "common-name", "expiry", "order"}, {"並べ替え (name)", "Order (name)"})
      .flag(a.reverse, "--reverse", {"逆順", "The other way round"})
      .option(a.limit, "--limit", "N", 1, rows_max,
              {"件数 (100、--json ではすべて)。続きがあれば件数を表示 (--json では標準エラーに JSON で)",
               "How many (100; with --json all); how many more there are is told (with --json on standard error, as"
               " JSON)"})
      .option(a.after, "--after", "NAME",
              {"このサービスの次から", "Go on behind this service, the last one of the page before"});
}

void list_services(Context& context, const ListServices& a) {
  int limit = a.limit.value_or(context.options().json ? 0 : rows_default);
  auto page = context.database().reading(
      [&](store::Tx& tx) { return service_list::page(tx, query_of(context, tx, a, limit)); });
  context.out().show(table_of(page, context.language()));
  if (page.more > 0) context.out().goes_on(page.more, service_list::more_max, page.rows.back().name);
}

}  // namespace certfleet::cli
