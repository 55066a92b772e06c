// certfleet sealing-key …: the key to which all secrets are sealed, and its rotation (docs/sealing-keys.md).
#include <poll.h>

#include <algorithm>

#include "admin-cli/commands.h"
#include "admin-cli/configuration.h"
#include "admin-cli/lookup.h"
#include "admin-cli/nouns.h"
#include "admin-cli/words.h"
#include "lib/pki/sealing_key_files.h"
#include "lib/store/sealing_keys.h"

namespace certfleet::cli {
namespace {

namespace keys = store::sealing_keys;

constexpr int wait_default_s = 30;  // several heartbeats: a worker reads its key files with each
constexpr int wait_max_s = 24 * 3600;
constexpr int look_ms = 500;
constexpr Text key_word{"封印鍵", "sealing key"};

struct Rotate {
  std::string key_file;
  std::optional<int> wait;
};
struct Named {
  std::string id;
};

std::string state_word(const Context& context, keys::State state) {
  switch (state) {
    case keys::State::offered: return context.say({"配布中", "offered"});
    case keys::State::active: return context.say({"使用中", "active"});
    case keys::State::old: return context.say({"旧", "old"});
    case keys::State::retired: return context.say({"廃止", "retired"});
  }
  return "";
}

std::int64_t sealed_to(const std::vector<keys::Boxes>& boxes, const std::string& id) {
  std::int64_t number = 0;
  for (const auto& each : boxes)
    if (each.key == id) number += each.number;
  return number;
}

Table keys_table(const Context& context, store::Tx& tx) {
  Table table{{{"id", words::id},
               {"state", words::state},
               {"secrets", {"秘密情報", "secrets"}},
               {"workers", {"保持ワーカー", "workers"}},
               {"created_at", {"作成", "created"}},
               {"activated_at", {"使用開始", "activated"}},
               {"retired_at", {"廃止日時", "retired at"}}},
              {},
              {}};
  auto boxes = keys::boxes(tx);
  auto holders = keys::holders(tx);
  for (const auto& key : keys::rows(tx)) {
    auto holding = std::count_if(holders.begin(), holders.end(), [&](const auto& each) { return each.holds(key.id); });
    table.add({key.id, Cell(std::string(to_string(key.state))).as(state_word(context, key.state)),
               sealed_to(boxes, key.id), fmt::format("{}/{}", holding, holders.size()), key.created_at,
               key.activated_at, key.retired_at});
  }
  return table;
}

void list(Context& context, const NoArguments&) {
  context.out().show(context.database().reading([&](store::Tx& tx) { return keys_table(context, tx); }));
}

void status(Context& context, const NoArguments&) {
  Record record;
  context.database().read([&](store::Tx& tx) {
    auto active = keys::active(tx).id;
    std::int64_t left = 0;
    Table fields{{{"field", {"項目", "field"}}, {"key", key_word}, {"secrets", {"秘密情報", "secrets"}}}, {}, {}};
    for (const auto& each : keys::boxes(tx)) {
      fields.add({each.field, each.key, each.number}, each.key == active ? Tone::plain : Tone::warning);
      if (each.key != active) left += each.number;
    }
    Table workers{
        {{"host", words::host}, {"queue", words::queue}, {"pid", {"PID", "pid"}}, {"keys", key_word}}, {}, {}};
    for (const auto& each : keys::holders(tx)) workers.add({each.host, each.queue, each.pid, each.keys});
    record.fields = {{"active", {"使用中の鍵", "active key"}, active},
                     {"left", {"封じ直しの残り", "still to be sealed anew"}, left}};
    record.sections = {{"keys", {"封印鍵", "Sealing keys"}, keys_table(context, tx)},
                       {"secrets", {"秘密情報", "Secrets"}, std::move(fields)},
                       {"workers", {"ワーカー", "Workers"}, std::move(workers)}};
  });
  context.out().show(record);
}

std::optional<keys::KeyRow> offered_key(store::Tx& tx) {
  for (const auto& key : keys::rows(tx))
    if (key.state == keys::State::offered) return key;
  return std::nullopt;
}

// A key of the file that the database does not know: what a rotation left that was interrupted between the two.
std::optional<pki::SealingPublicKey> left_in(store::Tx& tx, const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return std::nullopt;
  auto known = keys::rows(tx);
  for (const auto& key : pki::load_sealing_key_file(file))
    if (std::none_of(known.begin(), known.end(), [&](const auto& row) { return row.id == key.id(); }))
      return key.public_key();
  return std::nullopt;
}

// The private half is in the file before the database knows of the public one.
std::string offer(Context& context, const std::filesystem::path& file) {
  auto open = context.database().reading([](store::Tx& tx) { return offered_key(tx); });
  if (open) return open->id;
  auto key = context.database().reading([&](store::Tx& tx) { return left_in(tx, file); });
  if (!key) {
    auto made = pki::SealingKey::generate();
    pki::add_to_key_file(file, made);
    key = made.public_key();
  }
  context.database().write([&](store::Tx& tx) { keys::offer(tx, key->bytes); });
  context.out().line(context.say({"封印鍵 {} を {} に書きました", "sealing key {} is written to {}"}, key->id, file.string()));
  context.out().flush();
  return key->id;
}

// Hosts with a living worker that opens secrets and does not hold the key; and whether any holds it.
struct Spread {
  std::vector<std::string> lacking;
  bool held = false;
};
Spread spread_of(store::Tx& tx, const std::string& id) {
  Spread spread;
  for (const auto& each : keys::holders(tx)) {
    if (each.holds(id))
      spread.held = true;
    else if (std::find(spread.lacking.begin(), spread.lacking.end(), each.host) == spread.lacking.end())
      spread.lacking.push_back(each.host);
  }
  return spread;
}

void wait_for_workers(Context& context, const std::string& id, const std::filesystem::path& file, Deadline deadline) {
  for (;;) {
    auto spread = context.database().reading([&](store::Tx& tx) { return spread_of(tx, id); });
    if (spread.held && spread.lacking.empty()) return;
    if (deadline.over()) {
      auto again = context.say({"その後 certfleet sealing-key rotate を再度実行してください",
                                "then run certfleet sealing-key rotate again"});
      if (spread.lacking.empty())
        context.fail(Fault::conflict,
                     {"封印鍵 {} を保持する稼働中のワーカーがありません。{}",
                      "no running worker holds sealing key {}; start one, {}"},
                     id, again);
      context.fail(Fault::conflict,
                   {"封印鍵 {} がまだないホスト: {}。{} を鍵ファイルとして複写してください。{}",
                    "sealing key {} is not yet on {}: copy {} over the key file there, {}"},
                   id, fmt::format("{}", fmt::join(spread.lacking, ", ")), file.string(), again);
    }
    ::poll(nullptr, 0, look_ms);
  }
}

void rotate(Context& context, const Rotate& a) {
  auto file = a.key_file.empty()
                  ? find_configuration(context.options().config).file.parent_path() / "sealing.key"
                  : std::filesystem::path(a.key_file);
  context.database();  // reachable, before a key is made
  auto id = offer(context, file);
  wait_for_workers(context, id, file, Deadline::in(std::chrono::seconds(a.wait.value_or(wait_default_s))));
  context.database().write([&](store::Tx& tx) { keys::activate(tx, id); });
  context.out().done(
      context.say({"封印鍵 {} を使い始めました。以前の秘密情報を封じ直しています (certfleet sealing-key status)",
                   "sealing key {} is active; what was sealed before is sealed anew (certfleet sealing-key status)"},
                  id),
      {{{"id", words::id, id}, {"state", words::state, "active"}}, {}});
}

void reseal(Context& context, const NoArguments&) {
  context.database().write([](store::Tx& tx) { keys::start_reseal(tx); });
  context.out().done(context.say({"封じ直しを要求しました", "the workers seal anew what is left"}), {});
}

void retire(Context& context, const Named& a) {
  auto all = context.database().reading([](store::Tx& tx) { return keys::rows(tx); });
  std::vector<std::string> ids;
  for (const auto& key : all) ids.push_back(key.id);
  if (std::find(ids.begin(), ids.end(), a.id) == ids.end()) no_such(context, key_word, a.id, ids);
  if (!context.confirmed(context.say({"封印鍵 {} を廃止しますか?", "Retire sealing key {}?"}, a.id))) return;
  context.database().write([&](store::Tx& tx) { keys::retire(tx, a.id); });
  context.out().done(
      context.say({"封印鍵 {} を廃止しました。鍵ファイルから削除できます。以前のバックアップの復元には必要です",
                   "sealing key {} is retired: it may leave the key files; backups from before still need it"},
                  a.id),
      {{{"id", words::id, a.id}, {"state", words::state, "retired"}}, {}});
}

}  // namespace

void add_sealing_key_commands(Commands& commands) {
  commands.noun("sealing-key", {"封印鍵: 秘密情報を封じる鍵", "Sealing keys: what secrets are sealed to"});
  commands.verb<NoArguments>("sealing-key", "list", {"封印鍵の一覧", "List the sealing keys"},
                             "certfleet sealing-key list", nullptr, list);
  commands.verb<NoArguments>("sealing-key", "status",
                             {"交代の進み具合を表示する", "Show what is sealed to which key, and which worker holds which"},
                             "certfleet sealing-key status", nullptr, status);
  commands.verb<Rotate>(
      "sealing-key", "rotate", {"新しい封印鍵に交代する", "Make a new key, wait for the workers, and change over to it"},
      "certfleet sealing-key rotate --key-file /etc/certfleet/sealing.key",
      [](Verb& verb, Rotate& a) {
        verb.option(a.key_file, "--key-file", "FILE",
                    {"ワーカーの鍵ファイル (設定ファイルの隣の sealing.key)",
                     "The workers' key file (sealing.key beside the configuration)"})
            .option(a.wait, "--wait", "SECONDS", 0, wait_max_s,
                    {"全ワーカーが鍵を持つまで待つ秒数 (30)", "How long to wait for all workers to hold it (30)"});
      },
      rotate);
  commands.verb<NoArguments>("sealing-key", "reseal", {"古い鍵のままの秘密情報を封じ直す", "Seal anew what is left on older keys"},
                             "certfleet sealing-key reseal", nullptr, reseal);
  commands.verb<Named>(
      "sealing-key", "retire", {"古い封印鍵を廃止する", "Retire a key that nothing is sealed to"},
      "certfleet sealing-key retire 0011223344556677",
      [](Verb& verb, Named& a) {
        verb.argument(a.id, "KEY", {"鍵の番号", "Id of the key"});
      },
      retire);
}

}  // namespace certfleet::cli
