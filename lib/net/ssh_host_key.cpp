#include "lib/net/ssh_host_key.h"

#include <fmt/format.h>
#include <libssh/libssh.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <memory>

#include "lib/base/error.h"
#include "lib/pki/printable.h"

namespace certfleet::net {
namespace {

constexpr auto turn = std::chrono::milliseconds(100);  // how soon a stop is noticed
constexpr std::array<const char*, 3> types = {"ssh-ed25519",
                                              "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521",
                                              "rsa-sha2-512,rsa-sha2-256"};

struct SessionDeleter {
  void operator()(ssh_session session) const {
    if (ssh_is_connected(session) != 0) ssh_disconnect(session);
    ssh_free(session);
  }
};
using Session = std::unique_ptr<ssh_session_struct, SessionDeleter>;

struct KeyDeleter {
  void operator()(ssh_key key) const { ssh_key_free(key); }
};
using Key = std::unique_ptr<ssh_key_struct, KeyDeleter>;

// What the library says of the last call; the words of a server that nobody trusts yet may be in it.
std::string reason_of(ssh_session session) {
  constexpr std::size_t bytes_max = 300;
  return pki::one_line(ssh_get_error(session), bytes_max);
}

Session session_to(const std::string& host, int port, const char* type) {
  Session session(ssh_new());
  CERTFLEET_INVARIANT(session != nullptr, "ssh_new");
  ssh_set_blocking(session.get(), 0);
  int no = 0;
  auto set = [&](ssh_options_e option, const void* value) {
    return ssh_options_set(session.get(), option, value) == SSH_OK;
  };
  // Nobody logs in; without a name the library would look up the one of this process's user.
  bool good = set(SSH_OPTIONS_HOST, host.c_str()) && set(SSH_OPTIONS_PORT, &port) && set(SSH_OPTIONS_USER, "nobody") &&
              set(SSH_OPTIONS_PROCESS_CONFIG, &no) && set(SSH_OPTIONS_KNOWNHOSTS, "/dev/null") &&
              set(SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null") && (type == nullptr || set(SSH_OPTIONS_HOSTKEYS, type));
  if (!good) throw Failure(Fault::usage, fmt::format("{}:{}: {}", host, port, reason_of(session.get())));
  return session;
}

// False if the two sides have no host key type in common.
bool connect(ssh_session session, const std::string& where, Deadline deadline, const std::stop_token& stop) {
  for (;;) {
    int rc = ssh_connect(session);
    if (rc == SSH_OK) return true;
    auto reason = reason_of(session);
    if (rc != SSH_AGAIN) {
      if (reason.find("no match") != std::string::npos) return false;
      throw Failure(Fault::unreachable, Text{"{}: SSHで接続できません: {}", "{}: connecting by SSH: {}"}, where, reason);
    }
    if (stop.stop_requested()) throw Failure(Fault::retry, Text{"{}: 中断されました", "{}: stopped"}, where);
    auto left = deadline.left();
    if (left.count() == 0)
      throw Failure(Fault::unreachable, Text{"{}: SSHの応答が時間内にありません", "{}: no answer over SSH in time"}, where);
    short events = POLLIN;
    if ((ssh_get_poll_flags(session) & SSH_WRITE_PENDING) != 0) events = static_cast<short>(events | POLLOUT);
    pollfd entry{ssh_get_fd(session), events, 0};
    ::poll(&entry, 1, static_cast<int>(std::min(left, turn).count()));
  }
}

// Asks for one type of a server that has answered already. One that has no key of it hangs up, and its end may be seen
// before its words: who hangs up each time has none. None then.
Session session_of_type(const std::string& host, int port, const char* type, Deadline deadline,
                        const std::stop_token& stop) {
  constexpr int tries = 3;
  for (int left = tries; left > 0; --left) {
    try {
      auto session = session_to(host, port, type);
      bool common = connect(session.get(), fmt::format("{}:{}", host, port), deadline, stop);
      return common ? std::move(session) : nullptr;
    } catch (const Failure& failure) {
      if (failure.fault() != Fault::unreachable || deadline.left().count() == 0) throw;
    }
  }
  return nullptr;
}

SshHostKey key_of(ssh_session session, const std::string& where) {
  ssh_key raw = nullptr;
  if (ssh_get_server_publickey(session, &raw) != SSH_OK)
    throw Failure(Fault::permanent, fmt::format("{}: {}", where, reason_of(session)));
  Key key(raw);
  unsigned char* hash = nullptr;
  std::size_t length = 0;
  if (ssh_get_publickey_hash(key.get(), SSH_PUBLICKEY_HASH_SHA256, &hash, &length) != SSH_OK)
    throw Failure(Fault::permanent,
                  Text{"{}: ホスト鍵の指紋を計算できません", "{}: its host key has no fingerprint"}, where);
  char* text = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, length);
  SshHostKey found{ssh_key_type_to_char(ssh_key_type(key.get())), text != nullptr ? text : ""};
  ssh_string_free_char(text);
  ssh_clean_pubkey_hash(&hash);
  return found;
}

}  // namespace

std::vector<SshHostKey> ssh_host_keys(const std::string& host, int port, Deadline deadline, std::stop_token stop) {
  auto where = fmt::format("{}:{}", host, port);
  std::vector<SshHostKey> keys;
  auto first = session_to(host, port, nullptr);  // with whatever the server prefers
  if (connect(first.get(), where, deadline, stop)) keys.push_back(key_of(first.get(), where));
  for (const char* type : types) {
    auto session = session_of_type(host, port, type, deadline, stop);
    if (session == nullptr) continue;
    auto found = key_of(session.get(), where);
    bool known = std::any_of(keys.begin(), keys.end(),
                             [&](const SshHostKey& key) { return key.fingerprint == found.fingerprint; });
    if (!known) keys.push_back(std::move(found));
  }
  if (keys.empty())
    throw Failure(Fault::unreachable,
                  Text{"{}: 対応するホスト鍵がありません", "{}: offers no host key that we know"}, where);
  return keys;
}

}  // namespace certfleet::net
