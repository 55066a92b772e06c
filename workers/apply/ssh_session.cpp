#include "workers/apply/ssh_session.h"

#include <fmt/format.h>
#include <libssh/libssh.h>
#include <poll.h>

#include <cerrno>
#include <cstring>

#include "lib/base/error.h"
#include "lib/pki/printable.h"

namespace certfleet::apply {
namespace {

constexpr std::size_t output_max = 256U << 10U;  // what a script prints is read by us; more is a runaway
constexpr auto turn = std::chrono::milliseconds(100);  // how soon a stop is noticed
constexpr std::size_t reason_bytes_max = 300;  // of what the library says
constexpr int prompt_rounds_max = 3;  // of keyboard-interactive: PAM asks once, some ask again

struct KeyDeleter {
  void operator()(ssh_key key) const { ssh_key_free(key); }
};
using Key = std::unique_ptr<ssh_key_struct, KeyDeleter>;

struct ChannelDeleter {
  void operator()(ssh_channel channel) const { ssh_channel_free(channel); }
};
using Channel = std::unique_ptr<ssh_channel_struct, ChannelDeleter>;

// A copy with a NUL at its end, as the library wants it, wiped afterwards.
class SecretText {
 public:
  explicit SecretText(std::string_view text) : text_(text) {}
  ~SecretText() { ::explicit_bzero(text_.data(), text_.size()); }
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  const char* c_str() const { return text_.c_str(); }

 private:
  std::string text_;
};

// "SHA256:…" of the key that the other side proved to have.
std::string fingerprint_of(ssh_session session) {
  ssh_key raw = nullptr;
  if (ssh_get_server_publickey(session, &raw) != SSH_OK) return "none";
  Key key(raw);
  unsigned char* hash = nullptr;
  std::size_t length = 0;
  if (ssh_get_publickey_hash(key.get(), SSH_PUBLICKEY_HASH_SHA256, &hash, &length) != SSH_OK) return "none";
  char* text = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, length);
  std::string fingerprint = text != nullptr ? text : "none";
  ssh_string_free_char(text);
  ssh_clean_pubkey_hash(&hash);
  return fingerprint;
}

}  // namespace

struct SshSession::Impl {
  std::string where;
  ssh_session session = nullptr;

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { drop(); }

  void drop() {
    if (session == nullptr) return;
    if (ssh_is_connected(session) != 0) ssh_disconnect(session);
    ssh_free(session);
    session = nullptr;
  }

  // The other side's words may be in it.
  std::string reason() const { return pki::one_line(ssh_get_error(session), reason_bytes_max); }

  Failure lost(const std::string& doing) const {
    return Failure(Fault::unreachable, 1825, fmt::format("{}: {}: {}", where, doing, reason()));
  }

  // For the other side, a turn at most.
  void wait(const Budget& budget, const std::string& doing) const {
    if (budget.stop.stop_requested())
      throw Failure(Fault::retry, fmt::format("{}: {}: stopped", where, doing));
    auto left = budget.deadline.left();
    if (left.count() == 0)
      throw Failure(Fault::retry, 1810, fmt::format("{}: {}: no answer in time", where, doing));
    auto flags = ssh_get_poll_flags(session);
    short events = POLLIN;
    if ((flags & SSH_WRITE_PENDING) != 0) events = static_cast<short>(events | POLLOUT);
    pollfd entry{ssh_get_fd(session), events, 0};
    ::poll(&entry, 1, static_cast<int>(std::min(left, turn).count()));
  }

  // Calls until the answer is not "again".
  template <class Call>
  int until_answered(Call call, int again, const Budget& budget, const std::string& doing) const {
    for (;;) {
      int rc = call();
      if (rc != again) return rc;
      wait(budget, doing);
    }
  }

  bool connect(const SshLogin& login, const char* host_key_types, const Budget& budget);
  void check_host_key(const SshLogin& login, const Budget& budget);
  int try_key(const SshLogin& login, const Budget& budget);
  int try_password(const SshLogin& login, const Budget& budget);
  int answer_prompts(const SecretText& password, const Budget& budget);
  void log_in(const SshLogin& login, const Budget& budget);
  void pump(ssh_channel channel, std::string_view input, Reply& reply, const Budget& budget);
};

// False if the two sides have no host key type in common. Looking up a name is bounded by the resolver's own
// limits, not by the budget: accesses are addresses as a rule (manual 9.1.6).
bool SshSession::Impl::connect(const SshLogin& login, const char* host_key_types, const Budget& budget) {
  drop();
  session = ssh_new();
  CERTFLEET_INVARIANT(session != nullptr, "ssh_new");
  ssh_set_blocking(session, 0);
  int no = 0;
  int yes = 1;
  bool set =
      ssh_options_set(session, SSH_OPTIONS_HOST, login.address.c_str()) == SSH_OK &&
      ssh_options_set(session, SSH_OPTIONS_PORT, &login.port) == SSH_OK &&
      ssh_options_set(session, SSH_OPTIONS_USER, login.user.c_str()) == SSH_OK &&
      ssh_options_set(session, SSH_OPTIONS_NODELAY, &yes) == SSH_OK &&
      ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &no) == SSH_OK &&
      ssh_options_set(session, SSH_OPTIONS_KNOWNHOSTS, "/dev/null") == SSH_OK &&
      ssh_options_set(session, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null") == SSH_OK &&
      (host_key_types == nullptr || ssh_options_set(session, SSH_OPTIONS_HOSTKEYS, host_key_types) == SSH_OK);
  if (!set) throw Failure(Fault::permanent, 1825, fmt::format("{}: {}", where, reason()));
  int rc = until_answered([&] { return ssh_connect(session); }, SSH_AGAIN, budget, "connecting by SSH");
  if (rc == SSH_OK) return true;
  if (reason().find("no match") != std::string::npos) return false;
  throw lost("connecting by SSH");
}

// A server has several host keys and shows one. If it is not the pinned one, the other types are asked for,
// before anything secret is sent.
void SshSession::Impl::check_host_key(const SshLogin& login, const Budget& budget) {
  constexpr std::array<const char*, 4> types = {nullptr, "ssh-ed25519",
                                                "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521",
                                                "rsa-sha2-512,rsa-sha2-256"};
  std::string shown;
  for (const char* type : types) {
    if (!connect(login, type, budget)) continue;
    auto fingerprint = fingerprint_of(session);
    if (fingerprint == login.host_key) return;
    if (shown.empty()) shown = fingerprint;
  }
  throw Failure(Fault::denied, 1823,
                fmt::format("{}: the host key is {}, the access says {}", where, shown, login.host_key));
}

int SshSession::Impl::try_key(const SshLogin& login, const Budget& budget) {
  SecretText text(*login.key);
  ssh_key raw = nullptr;
  if (ssh_pki_import_privkey_base64(text.c_str(), nullptr, nullptr, nullptr, &raw) != SSH_OK)
    throw Failure(Fault::usage, 1811,
                  fmt::format("{}: the private key of login {} can't be read", where, login.user));
  Key key(raw);
  return until_answered([&] { return ssh_userauth_publickey(session, nullptr, key.get()); }, SSH_AUTH_AGAIN,
                        budget, "logging in by key");
}

int SshSession::Impl::answer_prompts(const SecretText& password, const Budget& budget) {
  for (int round = 0;; ++round) {
    int rc = until_answered([&] { return ssh_userauth_kbdint(session, nullptr, nullptr); }, SSH_AUTH_AGAIN,
                            budget, "logging in by prompts");
    if (rc != SSH_AUTH_INFO) return rc;
    if (round == prompt_rounds_max) return SSH_AUTH_DENIED;
    int prompts = ssh_userauth_kbdint_getnprompts(session);
    for (int i = 0; i < prompts; ++i)
      ssh_userauth_kbdint_setanswer(session, static_cast<unsigned>(i), password.c_str());
  }
}

int SshSession::Impl::try_password(const SshLogin& login, const Budget& budget) {
  SecretText password(*login.password);
  int methods = ssh_userauth_list(session, nullptr);
  if ((static_cast<unsigned>(methods) & SSH_AUTH_METHOD_PASSWORD) == 0)
    return answer_prompts(password, budget);
  return until_answered([&] { return ssh_userauth_password(session, nullptr, password.c_str()); },
                        SSH_AUTH_AGAIN, budget, "logging in by password");
}

void SshSession::Impl::log_in(const SshLogin& login, const Budget& budget) {
  // Also tells which methods the node offers.
  int rc = until_answered([&] { return ssh_userauth_none(session, nullptr); }, SSH_AUTH_AGAIN, budget,
                          "logging in");
  if (rc == SSH_AUTH_DENIED && login.key) rc = try_key(login, budget);
  if ((rc == SSH_AUTH_DENIED || rc == SSH_AUTH_PARTIAL) && login.password) rc = try_password(login, budget);
  if (rc == SSH_AUTH_SUCCESS) return;
  if (rc == SSH_AUTH_ERROR) throw lost("logging in");
  throw Failure(Fault::denied, 1811, fmt::format("{}: login {} was refused", where, login.user));
}

// Moves bytes both ways until the command has closed its side.
void SshSession::Impl::pump(ssh_channel channel, std::string_view input, Reply& reply, const Budget& budget) {
  std::array<char, 8192> block{};
  bool sending = true;
  for (;;) {
    bool moved = false;
    if (sending && !input.empty()) {
      int n = ssh_channel_write(channel, input.data(), static_cast<std::uint32_t>(input.size()));
      if (n > 0) {
        input.remove_prefix(static_cast<std::size_t>(n));
        moved = true;
      }
      if (n < 0) sending = false;  // the command reads no more; what it says about that is still to come
    }
    if (sending && input.empty()) {
      ssh_channel_send_eof(channel);
      sending = false;
    }
    for (int stream : {0, 1}) {
      int n = ssh_channel_read_nonblocking(channel, block.data(), static_cast<std::uint32_t>(block.size()),
                                           stream);
      auto& text = stream == 0 ? reply.out : reply.err;
      if (n > 0) {
        moved = true;
        text.append(block.data(), std::min(static_cast<std::size_t>(n), output_max - text.size()));
      }
    }
    if (moved) continue;
    if (ssh_is_connected(session) == 0) throw lost("running a command");
    if (ssh_channel_is_closed(channel) != 0) return;
    if (ssh_channel_is_eof(channel) != 0 && ssh_channel_get_exit_status(channel) != -1) return;
    wait(budget, "running a command");
  }
}

SshSession::SshSession(const SshLogin& login, const Budget& budget) : impl_(std::make_unique<Impl>()) {
  impl_->where = fmt::format("{}:{}", login.address, login.port);
  if (login.host_key.empty())
    throw Failure(Fault::denied, 1824, fmt::format("{}: the access has no host key to check", impl_->where));
  impl_->check_host_key(login, budget);
  impl_->log_in(login, budget);
}

SshSession::~SshSession() = default;

Reply SshSession::execute(const std::string& line, std::string_view input, const Budget& budget) {
  Channel channel(ssh_channel_new(impl_->session));
  if (channel == nullptr) throw impl_->lost("opening a channel");
  int rc = impl_->until_answered([&] { return ssh_channel_open_session(channel.get()); }, SSH_AGAIN, budget,
                                 "opening a channel");
  if (rc != SSH_OK) throw impl_->lost("opening a channel");
  rc = impl_->until_answered([&] { return ssh_channel_request_exec(channel.get(), line.c_str()); }, SSH_AGAIN,
                             budget, "starting a command");
  if (rc != SSH_OK) throw impl_->lost("starting a command");
  Reply reply;
  impl_->pump(channel.get(), input, reply, budget);
  reply.exit = ssh_channel_get_exit_status(channel.get());
  return reply;
}

}  // namespace certfleet::apply
