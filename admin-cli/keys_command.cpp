// certfleet keys …: the CURVE keys that brokers admit (DESIGN section 3).
#include "admin-cli/commands.h"
#include "admin-cli/context.h"
#include "admin-cli/nouns.h"
#include "admin-cli/words.h"
#include "lib/bus/curve.h"
#include "lib/domain/checks.h"
#include "lib/store/peers.h"

namespace certfleet::cli {
namespace {

namespace peers = store::peers;

struct Enroll {
  std::string name;
  std::optional<std::string> role, queue, public_key;
  std::string key_file;
};
struct Named {
  std::string name;
};

void list(Context& context, const NoArguments&) {
  auto all = context.database().reading([](store::Tx& tx) { return peers::list(tx); });
  Table table{{{"name", words::name},
               {"role", {"役割", "role"}},
               {"queue", words::queue},
               {"public_key", {"公開鍵", "public key"}},
               {"enrolled_at", {"登録", "enrolled"}},
               {"revoked_at", {"失効", "revoked"}}},
              {},
              {}};
  for (const auto& peer : all)
    table.add({peer.name, to_string(peer.role), peer.queue ? Cell(to_string(*peer.queue)) : Cell(),
               peer.public_key, peer.enrolled_at, peer.revoked_at},
              peer.revoked_at ? Tone::warning : Tone::plain);
  context.out().show(table);
}

// A key that is given, or a new pair in a file.
std::string public_key_of(const Context& context, const Enroll& a) {
  if (a.public_key) return bus::PublicKey::parse(*a.public_key).text();
  if (a.key_file.empty())
    context.fail(Fault::usage,
                 {"--public-key か --key-file が必要です", "--public-key or --key-file is needed"});
  if (std::filesystem::exists(a.key_file)) return bus::KeyPair::load(a.key_file).public_key.text();
  auto keys = bus::KeyPair::generate();
  keys.save(a.key_file);
  return keys.public_key.text();
}

void enroll(Context& context, const Enroll& a) {
  domain::check_name(a.name, {"名称", "name"});
  peers::Peer peer;
  peer.name = a.name;
  peer.role = peers::role_from(a.role.value_or("worker")).value_or(peers::Role::worker);
  if (a.queue) peer.queue = domain::queue_from(*a.queue);
  if ((peer.role == peers::Role::worker) != peer.queue.has_value())
    context.fail(Fault::usage, {"--queue はワーカーに、ワーカーにだけ必要です",
                                "--queue is needed for a worker, and only there"});
  context.database();  // reachable, before a key is made
  peer.public_key = public_key_of(context, a);
  context.database().write([&](store::Tx& tx) { peers::enroll(tx, peer); });
  context.out().done(
      context.say({"{} を登録しました: {}", "{} is enrolled: {}"}, a.name, peer.public_key),
      {{{"name", words::name, a.name}, {"public_key", {"公開鍵", "public key"}, peer.public_key}}, {}});
}

void revoke(Context& context, const Named& a) {
  auto all = context.database().reading([](store::Tx& tx) { return peers::list(tx); });
  std::vector<std::string> names;
  bool known = false;
  for (const auto& peer : all) {
    names.push_back(peer.name);
    known = known || peer.name == a.name;
  }
  if (!known) no_such(context, {"鍵", "key"}, a.name, names);
  if (!context.confirmed(context.say({"{} の接続を拒否しますか?", "Refuse {} from now on?"}, a.name))) return;
  context.database().write([&](store::Tx& tx) { peers::revoke(tx, a.name); });
  context.out().done(context.say({"{} を失効させました", "{} is revoked"}, a.name),
                     {{{"name", words::name, a.name}}, {}});
}

void declare_enroll(Verb& verb, Enroll& a) {
  verb.argument(a.name, "NAME", {"名称", "Name, such as worker-apply-tokyo"})
      .choice(a.role, "--role", {"broker", "scheduler", "worker"}, {"役割 (worker)", "Role (worker)"})
      .choice(a.queue, "--queue", {"csr", "order", "apply", "verify", "mail"},
              {"ワーカーのキュー", "Queue of a worker"})
      .option(a.public_key, "--public-key", "Z85", {"登録する公開鍵", "Public key to enrol"})
      .option(a.key_file, "--key-file", "FILE",
              {"鍵のファイル。なければ作る", "File of the key pair; made if it is not there"})
      .not_with("--public-key");
}

}  // namespace

void add_keys_commands(Commands& commands) {
  commands.noun("keys", {"通信鍵: ブローカーが接続を許すもの", "Keys: what brokers admit"});
  commands.verb<NoArguments>("keys", "list", {"鍵の一覧", "List the keys"}, "certfleet keys list", nullptr,
                             list);
  commands.verb<Enroll>("keys", "enroll", {"鍵を登録する", "Enrol a key"},
                        "certfleet keys enroll worker-apply-tokyo --queue apply --key-file tokyo.curve",
                        declare_enroll, enroll);
  commands.verb<Named>(
      "keys", "revoke", {"鍵を失効させる", "Revoke a key"}, "certfleet keys revoke worker-apply-tokyo",
      [](Verb& verb, Named& a) {
        verb.argument(a.name, "NAME", {"名称", "Name"});
      },
      revoke);
}

}  // namespace certfleet::cli
