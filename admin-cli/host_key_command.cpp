// certfleet access host-key: which host keys the node offers now, and storing one after somebody has compared it.
#include <algorithm>

#include "admin-cli/commands.h"
#include "admin-cli/lookup.h"
#include "admin-cli/nouns.h"
#include "admin-cli/words.h"
#include "lib/domain/checks.h"
#include "lib/net/ssh_host_key.h"
#include "lib/store/accesses.h"

namespace certfleet::cli {
namespace {

constexpr std::chrono::seconds answer_limit{15};
constexpr int ssh_port = 22;

struct HostKey {
  std::string name;
  std::optional<std::string> expect;
};

Table table_of(const std::vector<net::SshHostKey>& keys, const std::optional<std::string>& stored) {
  Table table{{{"type", words::kind}, {"fingerprint", {"指紋", "fingerprint"}}, {"stored", {"登録", "stored"}}}, {}, {}};
  for (const auto& key : keys) table.add({key.type, key.fingerprint, stored == key.fingerprint});
  return table;
}

bool offered(const std::vector<net::SshHostKey>& keys, const std::optional<std::string>& fingerprint) {
  return fingerprint && std::any_of(keys.begin(), keys.end(),
                                    [&](const net::SshHostKey& key) { return key.fingerprint == *fingerprint; });
}

// The one to be stored, or none if the person says no. Never one that nobody has compared: --yes alone is no
// comparison.
std::optional<std::string> chosen(Context& context, const HostKey& a, const std::vector<net::SshHostKey>& keys) {
  const auto& first = keys.front().fingerprint;
  if (a.expect) {
    if (offered(keys, a.expect)) return a.expect;
    context.fail(Fault::conflict, {"ホスト鍵が一致しません: ノードは {}、--expect は {}", "the host key is {}, not {}"}, first,
                 *a.expect);
  }
  if (context.options().yes)
    context.fail(Fault::usage,
                 {"確認なしに登録するには --expect {} が必要です", "to store it unasked, --expect {} is needed"}, first);
  if (!context.confirmed(context.say({"{} をノードの管理者に確認しましたか? 登録しますか?",
                                      "Have you compared {} with what the node's owner says, and is it to be stored?"},
                                     first)))
    return std::nullopt;
  return first;
}

void host_key(Context& context, const HostKey& a) {
  auto access = context.database().reading([&](store::Tx& tx) { return access_named(context, tx, a.name); });
  auto keys = net::ssh_host_keys(access.address, access.port.value_or(ssh_port), Deadline::in(answer_limit));
  if (!a.expect && offered(keys, access.host_key)) {
    context.out().show(table_of(keys, access.host_key));
    context.out().line(context.say({"登録済のホスト鍵と一致しています", "the stored host key is among them"}));
    return;
  }
  if (!context.options().json) context.out().show(table_of(keys, access.host_key));
  if (access.host_key && !offered(keys, access.host_key))
    context.out().line(context.say({"登録済のホスト鍵 {} とは違います", "the stored one is another: {}"}, *access.host_key),
                       Tone::error);
  context.out().flush();
  auto wanted = chosen(context, a, keys);
  if (!wanted) return;
  context.database().write([&](store::Tx& tx) {
    auto now = store::accesses::get(tx, access.id);
    now.host_key = *wanted;
    store::accesses::update(tx, domain::checked(now));
  });
  context.out().done(context.say({"アクセス {} のホスト鍵を登録しました: {}", "host key of access {} stored: {}"}, access.name,
                                 *wanted),
                     {{{"id", words::id, access.id.value()},
                       {"name", words::name, access.name},
                       {"host_key", {"ホスト鍵", "host key"}, *wanted}},
                      {}});
}

}  // namespace

void add_host_key_command(Commands& commands) {
  commands.verb<HostKey>(
      "access", "host-key",
      {"ノードの SSH ホスト鍵を表示し、確認のうえ登録する", "Show the host keys that the node offers; store one after asking"},
      "certfleet access host-key web1",
      [](Verb& verb, HostKey& a) {
        verb.argument(a.name, "NAME", {"アクセス名称", "Name of the access"})
            .option(a.expect, "--expect", "SHA256:…",
                    {"この指紋なら尋ねずに登録する", "Store it unasked if it is this one"});
      },
      host_key);
}

}  // namespace certfleet::cli
