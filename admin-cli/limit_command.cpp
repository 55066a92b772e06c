// certfleet limit …
#include "admin-cli/commands.h"
#include "admin-cli/lookup.h"
#include "admin-cli/nouns.h"
#include "admin-cli/words.h"
#include "lib/store/job_limits.h"

namespace certfleet::cli {
namespace {

namespace job_limits = store::job_limits;

constexpr int number_max = 1'000'000;
constexpr Text parallel_word{"同時数", "at once"};
constexpr Text per_minute_word{"毎分", "per minute"};

struct Scoped {
  std::optional<std::string> ca_account, site, queue;
};
struct Set : Scoped {
  std::optional<int> parallel, per_minute;
};

job_limits::Scope scope_of(Context& context, store::Tx& tx, const Scoped& a) {
  if (a.ca_account.has_value() == a.site.has_value())
    context.fail(Fault::usage, {"--ca-account か --site のどちらか一方を指定してください",
                                "give one of --ca-account and --site"});
  job_limits::Scope scope;
  if (a.ca_account) {
    if (a.queue) context.fail(Fault::usage, {"--queue は --site と使います", "--queue goes with --site"});
    scope.ca_account = ca_account_named(context, tx, *a.ca_account).id;
  } else {
    scope.site = site_named(context, tx, *a.site).id;
    scope.queue = *domain::queue_from(a.queue.value_or("apply"));
  }
  return scope;
}

void set(Context& context, const Set& a) {
  if (!a.parallel && !a.per_minute)
    context.fail(Fault::usage, {"--parallel か --per-minute を指定してください", "give --parallel or --per-minute"});
  context.database().write([&](store::Tx& tx) {
    job_limits::set(tx, scope_of(context, tx, a), a.parallel, a.per_minute);
  });
  auto name = a.site.value_or(a.ca_account.value_or(""));
  context.out().done(context.say({"{} の上限を設定しました", "the limit of {} is set"}, name), {{}, {}});
}

void remove(Context& context, const Scoped& a) {
  context.database().write([&](store::Tx& tx) { job_limits::remove(tx, scope_of(context, tx, a)); });
  auto name = a.site.value_or(a.ca_account.value_or(""));
  context.out().done(context.say({"{} の上限を外しました", "the limit of {} is removed"}, name), {{}, {}});
}

void list(Context& context, const NoArguments&) {
  Table table{{{"scope", {"対象", "of"}},
               {"name", words::name},
               {"queue", words::queue},
               {"parallel", parallel_word},
               {"per_minute", per_minute_word},
               {"held", {"使用中", "held"}},
               {"waiting", {"待ち", "waiting"}}},
              {},
              {}};
  auto number = [](const std::optional<int>& value) { return value ? Cell(*value) : Cell(); };
  for (const auto& limit : context.database().reading([](store::Tx& tx) { return job_limits::list(tx); }))
    table.add({limit.scope.ca_account ? "ca-account" : "site", limit.name,
               std::string(to_string(limit.scope.queue)), number(limit.parallel), number(limit.per_minute),
               limit.held, limit.waiting});
  context.out().show(table);
}

void declare_scope(Verb& verb, Scoped& a) {
  verb.option(a.ca_account, "--ca-account", "NAME", {"この認証局アカウントの申請", "The orders of this CA account"})
      .option(a.site, "--site", "NAME", {"この拠点のノードへのジョブ", "The jobs for the nodes of this site"})
      .choice(a.queue, "--queue", {"apply", "verify"}, {"拠点のキュー (apply)", "Of which queue of the site (apply)"});
}

void declare_set(Verb& verb, Set& a) {
  declare_scope(verb, a);
  verb.option(a.parallel, "--parallel", "N", 1, number_max, {"同時に実行する数", "So many jobs at once"})
      .option(a.per_minute, "--per-minute", "N", 1, number_max,
              {"1分間に開始する数", "So many jobs start in any minute"});
}

}  // namespace

void add_limit_commands(Commands& commands) {
  commands.noun("limit", {"上限: 認証局アカウントや拠点ごとのジョブ数", "Limits: how many jobs for a CA account or a site"});
  commands.verb<Set>("limit", "set", {"上限を設定する", "Set a limit"},
                     "certfleet limit set --ca-account letsencrypt --parallel 2 --per-minute 30", declare_set, set);
  commands.verb<NoArguments>("limit", "list", {"上限の一覧", "List the limits"}, "certfleet limit list", nullptr,
                             list);
  commands.verb<Scoped>("limit", "remove", {"上限を外す", "Remove a limit"}, "certfleet limit remove --site tokyo",
                        declare_scope, remove);
}

}  // namespace certfleet::cli
