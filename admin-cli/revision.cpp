#include "admin-cli/revision.h"

#include <limits>

#include "admin-cli/lookup.h"
#include "admin-cli/words.h"

namespace certfleet::cli {

namespace revisions = store::revisions;

namespace {

// "service shop", "settings"
Saying thing(const Edited& edited) {
  if (edited.name.empty()) return saying(edited.what);
  return saying({"{} {}", "{} {}"}, edited.what, edited.name);
}

void require_seen(const Context& context, const Edited& edited, std::int64_t found, std::optional<std::int64_t> seen) {
  if (!seen || *seen == found) return;
  context.fail(Fault::conflict,
               {"{} はほかの人が変更しました (改訂 {} → {})。show で確認してください",
                "{}: changed by somebody else (revision {} is now {}), look again by show"},
               thing(edited), *seen, found);
}

}  // namespace

void declare_if_revision(Verb& verb, std::optional<int>& into) {
  verb.option(into, "--if-revision", "N", 1, std::numeric_limits<int>::max(),
              {"この改訂のときだけ行う (show に表示)", "Only if it has this revision, which show tells"});
}

Field revision_field(store::Tx& tx, revisions::Table table, std::int64_t id) {
  return {"revision", words::revision, revisions::of(tx, table, id)};
}

void hold(const Context& context, store::Tx& tx, const Edited& edited, std::int64_t id,
          std::optional<std::int64_t> seen) {
  require_seen(context, edited, revisions::lock(tx, edited.table, id), seen);
}

void remove_after_question(Context& context, const Edited& edited, std::optional<int> if_revision,
                           const std::string& question, const std::function<std::int64_t(store::Tx&)>& find,
                           const std::function<void(store::Tx&, std::int64_t)>& remove) {
  std::int64_t id = 0;
  std::int64_t seen = 0;
  context.database().read([&](store::Tx& tx) {
    id = find(tx);
    seen = revisions::of(tx, edited.table, id);
  });
  require_seen(context, edited, seen, if_revision);
  if (!context.confirmed(question)) return;
  context.database().write([&](store::Tx& tx) {
    hold(context, tx, edited, id, seen);
    remove(tx, id);
  });
  if (edited.name.empty()) {
    context.out().done(context.say({"{} を削除しました", "{} removed"}, edited.what), {});
    return;
  }
  context.out().done(context.say(words::removed, context.say(edited.what), edited.name), id_and_name(id, edited.name));
}

}  // namespace certfleet::cli
