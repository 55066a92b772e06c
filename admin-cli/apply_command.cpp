// certfleet node apply (manual 9.1.7)
#include "admin-cli/commands.h"
#include "admin-cli/follow.h"
#include "admin-cli/labels.h"
#include "admin-cli/lookup.h"
#include "admin-cli/nouns.h"
#include "admin-cli/schedule.h"
#include "admin-cli/words.h"
#include "lib/store/applies.h"

namespace certfleet::cli {
namespace {

namespace applies = store::applies;

struct Apply {
  std::string node;
  When when;
  bool cancel = false;
};

Record record_of(const applies::Apply& apply) {
  return {{{"id", words::id, apply.id.value()},
           {"node", words::node, apply.node_name},
           {"service", words::service, apply.service_name},
           {"state", words::state, apply.state},
           {"request_no", words::request, Cell(apply.request_no).as(fmt::format("{:05}", apply.request_no))},
           {"scheduled_at", {"予定", "scheduled"}, apply.scheduled_at}},
          {}};
}

// Shows the apply's traces until it has ended. Exit code 1 unless it was applied.
void wait_for(Context& context, const applies::Apply& started) {
  store::traces::Filter filter;
  filter.node = started.node;
  filter.request_no = started.request_no;
  filter.since = started.created_at;  // request numbers come again one day
  applies::Apply now = started;
  follow(context, filter, [&](store::Tx& tx) {
    now = applies::get(tx, started.id);
    return !now.live();
  });
  if (now.state != "applied")
    context.fail(Fault::permanent,
                 {"ノード {} への適用は終了しました: {} {}", "the apply to {} ended: {} {}"}, now.node_name,
                 *apply_status_cell(now.state, context.language()).shown, now.error.value_or(""));
  context.out().line(context.say({"ノード {} に適用しました", "applied to {}"}, now.node_name));
}

void cancel(Context& context, const Apply& a) {
  applies::Apply apply;
  context.database().write([&](store::Tx& tx) {
    auto live = applies::live_of(tx, node_named(context, tx, a.node).id);
    if (!live)
      context.fail(Fault::not_found, {"ノード {} に適用はありません", "node {} has no apply"}, a.node);
    applies::cancel(tx, live->id);
    apply = applies::get(tx, live->id);
  });
  context.out().done(
      apply.live()
          ? context.say({"ノード {} への適用の取消を要求しました", "the apply to {} is to be cancelled"},
                        a.node)
          : context.say({"ノード {} への適用を取り消しました", "the apply to {} is cancelled"}, a.node),
      record_of(apply));
}

void apply(Context& context, const Apply& a) {
  if (a.cancel) return cancel(context, a);
  check_when(context, a.when, "certfleet node apply --help");
  applies::Apply started;
  context.database().write([&](store::Tx& tx) {
    auto node = node_named(context, tx, a.node).id;
    started = a.when.now ? applies::start_now(tx, node, true)
                         : applies::schedule(tx, node, time_of(context, a.when));
  });
  auto number = fmt::format("{:05}", started.request_no);
  auto sentence = a.when.now ? context.say({"ノード {} への適用を開始しました。要求番号 {}",
                                            "the apply to {} is started, request {}"},
                                           a.node, number)
                             : context.say({"ノード {} への適用を {} に予約しました。要求番号 {}",
                                            "the apply to {} is scheduled for {}, request {}"},
                                           a.node, *Cell(started.scheduled_at).shown, number);
  if (!a.when.wait) {
    context.out().done(sentence, record_of(started));
    context.out().line("  certfleet log --node " + a.node + " --follow");
    return;
  }
  context.out().line(sentence);
  wait_for(context, started);
}

}  // namespace

void add_apply_command(Commands& commands) {
  commands.verb<Apply>(
      "node", "apply", {"証明書をノードに適用する", "Install the certificate on a node"},
      "certfleet node apply web1 --now --wait",
      [](Verb& verb, Apply& a) {
        verb.argument(a.node, "NODE", {"ノード名称", "Name of the node"});
        declare_when(verb, a.when);
        verb.flag(a.cancel, "--cancel",
                  {"予約または実行中の適用を取り消す。ノードが変更の途中なら、まず元に戻す",
                   "Cancel what is scheduled or under way; a node in mid-change is put back first"})
            .not_with("--now")
            .not_with("--at")
            .not_with("--wait");
      },
      apply);
}

}  // namespace certfleet::cli
