#include "admin-cli/secrets.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lib/base/file.h"
#include "lib/pki/sealed_box.h"
#include "lib/pki/text.h"
#include "lib/store/sealing_keys.h"

namespace certfleet::cli {
namespace {

constexpr std::size_t line_bytes_max = 1024;  // of a password
constexpr std::size_t file_bytes_max = 64UL * 1024;

// The terminal, whatever standard input and output are; -1 if there is none.
class Console {
 public:
  Console() : fd_(::open("/dev/tty", O_RDWR | O_CLOEXEC)) {
    if (fd_ < 0 || ::tcgetattr(fd_, &before_) != 0) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(fd_, TCSAFLUSH, &silent) == 0;
  }
  ~Console() {
    if (changed_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
    if (fd_ >= 0) ::close(fd_);
  }
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  bool silent() const { return changed_; }
  int fd() const { return fd_; }
  void say(std::string_view text) const { [[maybe_unused]] auto n = ::write(fd_, text.data(), text.size()); }

 private:
  int fd_;
  termios before_{};
  bool changed_ = false;
};

// Byte by byte: what follows the line stays for the next reader, and no buffer keeps a copy.
pki::Secret read_line(int fd) {
  std::string line;
  line.reserve(line_bytes_max);
  for (char c = 0;;) {
    auto got = ::read(fd, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || c == '\n') break;
    if (line.size() == line_bytes_max) {
      pki::wipe(line);
      throw Failure(Fault::usage, Text{"パスワードが {} バイトを超えています", "a password has more than {} bytes"},
                    line_bytes_max);
    }
    line += c;
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return pki::Secret(std::move(line));
}

// The cipher's name stands behind the magic word: a length in four bytes, then the name (PROTOCOL.key of
// OpenSSH).
bool openssh_key_is_open(std::string_view body) {
  constexpr std::string_view magic("openssh-key-v1\0", 15);
  constexpr std::string_view open_cipher("\0\0\0\4none", 8);
  return body.starts_with(magic) && body.substr(magic.size()).starts_with(open_cipher);
}

// An SSH private key as OpenSSH, PKCS #8 or the older PEM forms have it.
void check_ssh_key(const pki::Secret& key, const std::string& file) {
  auto text = key.view();
  auto begin = text.find("-----BEGIN ");
  auto line_end = text.find('\n', begin == std::string_view::npos ? 0 : begin);
  if (begin == std::string_view::npos || line_end == std::string_view::npos ||
      text.substr(begin, line_end - begin).find("PRIVATE KEY-----") == std::string_view::npos)
    throw Failure(Fault::usage, Text{"{}: SSH の秘密鍵ではありません", "{}: is no SSH private key"}, file);
  auto protected_key =
      Failure(Fault::usage,
              Text{"{}: パスフレーズのない鍵を使ってください", "{}: is protected by a passphrase: use a key without"}, file);
  if (text.find("ENCRYPTED") != std::string_view::npos) throw protected_key;
  if (text.substr(begin, line_end - begin).find("OPENSSH") == std::string_view::npos) return;
  std::string body;
  for (char c : text.substr(line_end, text.find("-----END", line_end) - line_end))
    if (c > ' ') body += c;
  auto bytes = pki::from_base64(body);
  pki::wipe(body);
  if (!bytes) throw Failure(Fault::usage, Text{"{}: SSH の秘密鍵が壊れています", "{}: is a damaged SSH private key"}, file);
  bool open = openssh_key_is_open(*bytes);
  pki::wipe(*bytes);
  if (!open) throw protected_key;
}

}  // namespace

pki::Secret ask_secret(const Context& context, const std::string& question, bool twice, const char* option) {
  Console terminal;
  if (!terminal.silent())
    context.fail(Fault::usage,
                 {"{}: 端末がありません。{} を使ってください", "{}: there is no terminal to ask on; use {}"},
                 question, option);
  auto ask = [&](const std::string& text) {
    terminal.say(text + ": ");
    auto secret = read_line(terminal.fd());
    terminal.say("\n");
    return secret;
  };
  auto first = ask(question);
  if (first.empty()) context.fail(Fault::usage, {"{}: 空です", "{}: is empty"}, question);
  if (twice) {
    auto second = ask(question + context.say({" (もう一度)", " (again)"}));
    if (!first.equals(second))
      context.fail(Fault::usage, {"{}: 一致しません", "{}: the two differ"}, question);
  }
  return first;
}

pki::Secret secret_from_input() {
  auto line = read_line(STDIN_FILENO);
  if (line.empty())
    throw Failure(Fault::usage, Text{"標準入力: 1 行に 1 つのパスワードが必要です",
                                      "standard input: a password is expected there, one on a line"});
  return line;
}

pki::Secret secret_from_file(const std::string& file) {
  auto content = read_file(file, file_bytes_max);
  while (!content.empty() && (content.back() == '\n' || content.back() == '\r')) content.pop_back();
  if (content.empty()) throw Failure(Fault::usage, Text{"{}: 空です", "{}: is empty"}, file);
  return pki::Secret(std::move(content));
}

pki::Secret take_secret(const Context& context, const SecretSource& source, const std::string& question,
                        const char* option) {
  if (source.input) return secret_from_input();
  if (!source.file.empty()) return secret_from_file(source.file);
  return ask_secret(context, question, true, option);
}

void check_secret(std::string_view purpose, const pki::Secret& secret, const std::string& file) {
  if (purpose == domain::purpose::access_login_key) check_ssh_key(secret, file);
  if (purpose == domain::purpose::ca_account_api_key) domain::check_api_key(secret.view());
}

domain::Sealed seal(store::Tx& tx, std::string_view purpose, const pki::Secret& secret) {
  auto active = store::sealing_keys::active(tx);
  return pki::seal(pki::SealingPublicKey::from_bytes(active.public_key), purpose, secret);
}

}  // namespace certfleet::cli
