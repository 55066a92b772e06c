// certfleet order … (manual 8.6.2)
#include "admin-cli/commands.h"
#include "admin-cli/follow.h"
#include "admin-cli/labels.h"
#include "admin-cli/lookup.h"
#include "admin-cli/nouns.h"
#include "admin-cli/schedule.h"
#include "admin-cli/words.h"
#include "lib/store/orders.h"

namespace certfleet::cli {
namespace {

namespace orders = store::orders;

constexpr int rows_default = 100;
constexpr int rows_max = 10'000;

struct Start {
  std::string service;
  When when;
};
struct Named {
  std::string service;
};
struct List {
  std::optional<std::string> service;
  std::vector<std::string> states;
  std::optional<int> limit;
};

Record record_of(const orders::Order& order) {
  return {{{"id", words::id, order.id.value()},
           {"service", words::service, order.service_name},
           {"state", words::state, order.state},
           {"request_no", words::request, Cell(order.request_no).as(fmt::format("{:05}", order.request_no))},
           {"scheduled_at", {"予定", "scheduled"}, order.scheduled_at}},
          {}};
}

// Shows the order's traces until it has ended. Exit code 1 unless it was issued.
void wait_for(Context& context, const orders::Order& started) {
  store::traces::Filter filter;
  filter.service = started.service;
  filter.request_no = started.request_no;
  filter.since = started.created_at;  // request numbers come again one day
  orders::Order now = started;
  follow(context, filter, [&](store::Tx& tx) {
    now = orders::get(tx, started.id);
    return !now.live();
  });
  if (now.state != "issued")
    context.fail(
        Fault::permanent, {"サービス {} の申請は終了しました: {} {}", "the order of {} ended: {} {}"},
        now.service_name, *order_state_cell(now.state, context.language()).shown, now.error.value_or(""));
  context.out().line(context.say({"サービス {} の証明書が発行されました", "the certificate of {} is issued"},
                                 now.service_name));
}

void start(Context& context, const Start& a) {
  check_when(context, a.when, "certfleet order start --help");
  orders::Order order;
  context.database().write([&](store::Tx& tx) {
    auto service = service_named(context, tx, a.service).id;
    order = a.when.now ? orders::start_now(tx, service, true)
                       : orders::schedule(tx, service, time_of(context, a.when));
  });
  auto number = fmt::format("{:05}", order.request_no);
  auto sentence = a.when.now ? context.say({"サービス {} の申請を開始しました。要求番号 {}",
                                            "the order of {} is started, request {}"},
                                           a.service, number)
                             : context.say({"サービス {} の申請を {} に予約しました。要求番号 {}",
                                            "the order of {} is scheduled for {}, request {}"},
                                           a.service, *Cell(order.scheduled_at).shown, number);
  if (!a.when.wait) {
    context.out().done(sentence, record_of(order));
    context.out().line("  certfleet log --service " + a.service + " --follow");
    return;
  }
  context.out().line(sentence);
  wait_for(context, order);
}

void cancel(Context& context, const Named& a) {
  orders::Order order;
  context.database().write([&](store::Tx& tx) {
    auto service = service_named(context, tx, a.service).id;
    auto live = orders::live_of(tx, service);
    if (!live)
      context.fail(Fault::not_found, {"サービス {} に申請はありません", "service {} has no order"},
                   a.service);
    orders::cancel(tx, service);
    order = orders::get(tx, live->id);
  });
  context.out().done(
      order.live()
          ? context.say({"サービス {} の申請の取消を要求しました", "the order of {} is to be cancelled"},
                        a.service)
          : context.say({"サービス {} の申請を取り消しました", "the order of {} is cancelled"}, a.service),
      record_of(order));
}

void list(Context& context, const List& a) {
  auto rows = context.database().reading([&](store::Tx& tx) {
    orders::Filter filter;
    if (a.service) filter.service = service_named(context, tx, *a.service).id;
    filter.states = a.states;
    return orders::list(tx, filter, a.limit.value_or(rows_default));
  });
  Table table{{{"service", words::service},
               {"state", words::state},
               {"request_no", words::request},
               {"scheduled_at", {"予定", "scheduled"}},
               {"ended_at", {"終了", "ended"}},
               {"requested_by", {"要求者", "requested by"}},
               {"error", words::error}},
              {},
              {}};
  for (const auto& row : rows)
    table.add({row.service_name, order_state_cell(row.state, context.language(), row.live() && row.error),
               Cell(row.request_no).as(fmt::format("{:05}", row.request_no)), row.scheduled_at, row.ended_at,
               row.requested_by, row.error});
  context.out().show(table);
}

}  // namespace

void add_order_commands(Commands& commands) {
  commands.noun("order", {"申請: 認証局への申請", "Orders at the CA"});
  commands.verb<Start>(
      "order", "start", {"申請を開始または予約する", "Start or schedule an order"},
      "certfleet order start shop --now --wait",
      [](Verb& verb, Start& a) {
        verb.argument(a.service, "SERVICE", {"サービス名称", "Name of the service"});
        declare_when(verb, a.when);
      },
      start);
  commands.verb<Named>(
      "order", "cancel", {"申請を取り消す", "Cancel an order"}, "certfleet order cancel shop",
      [](Verb& verb, Named& a) {
        verb.argument(a.service, "SERVICE", {"サービス名称", "Name of the service"});
      },
      cancel);
  commands.verb<List>(
      "order", "list", {"申請の一覧", "List the orders, newest first"},
      "certfleet order list --service shop\n  certfleet order list --state started --state placed",
      [](Verb& verb, List& a) {
        verb.option(a.service, "--service", "NAME", {"このサービスのもの", "Of this service"})
            .choices(a.states, "--state", {"scheduled", "started", "placed", "issued", "failed", "cancelled"},
                     {"この状態のもの", "In this state"})
            .option(a.limit, "--limit", "N", 1, rows_max, {"件数 (100)", "How many (100)"});
      },
      list);
}

}  // namespace certfleet::cli
