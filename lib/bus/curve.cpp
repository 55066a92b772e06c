#include "lib/bus/curve.h"

#include <fmt/format.h>
#include <sodium.h>
#include <zmq.h>

#include <optional>

#include "lib/base/error.h"
#include "lib/base/file.h"

namespace certfleet::bus {
namespace {

constexpr std::size_t z85_size = 40;
constexpr std::size_t key_file_bytes_max = 4096;

// Wipes a string's characters at the end of a scope.
class Wipe {
 public:
  explicit Wipe(std::string& text) : text_(text) {}
  ~Wipe() { sodium_memzero(text_.data(), text_.size()); }
  Wipe(const Wipe&) = delete;
  Wipe& operator=(const Wipe&) = delete;

 private:
  std::string& text_;
};

std::optional<KeyBytes> from_z85(std::string_view text) {
  if (text.size() != z85_size) return std::nullopt;
  std::array<char, z85_size + 1> terminated{};
  std::copy(text.begin(), text.end(), terminated.begin());
  KeyBytes bytes;
  bool good = terminated[z85_size - 1] != '\0' && zmq_z85_decode(bytes.data(), terminated.data()) != nullptr;
  sodium_memzero(terminated.data(), terminated.size());
  return good ? std::optional(bytes) : std::nullopt;
}

std::string to_z85(const KeyBytes& bytes) {
  std::string text(z85_size + 1, '\0');
  zmq_z85_encode(text.data(), bytes.data(), bytes.size());
  text.resize(z85_size);
  return text;
}

KeyBytes public_of(const KeyBytes& secret) {
  KeyBytes bytes;
  CERTFLEET_INVARIANT(crypto_scalarmult_base(bytes.data(), secret.data()) == 0, "curve25519");
  return bytes;
}

// The rest of the line that begins with `word`; the last one counts.
std::string_view field(std::string_view content, std::string_view word) {
  std::string_view found;
  while (!content.empty()) {
    auto end = content.find('\n');
    std::string_view line = content.substr(0, end);
    content.remove_prefix(end == std::string_view::npos ? content.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with(word)) found = line.substr(word.size());
  }
  return found;
}

}  // namespace

PublicKey PublicKey::parse(std::string_view z85) {
  if (auto bytes = from_z85(z85)) return PublicKey(*bytes);
  throw Failure(Fault::usage,
                fmt::format("\"{}\" is not a public key of the bus (40 characters of Z85)", z85));
}

std::string PublicKey::text() const {
  return to_z85(bytes_);
}

SecretKey::~SecretKey() {
  sodium_memzero(bytes_.data(), bytes_.size());
}

SecretKey::SecretKey(SecretKey&& other) noexcept : bytes_(other.bytes_) {
  sodium_memzero(other.bytes_.data(), other.bytes_.size());
}

SecretKey& SecretKey::operator=(SecretKey&& other) noexcept {
  if (this == &other) return *this;
  bytes_ = other.bytes_;
  sodium_memzero(other.bytes_.data(), other.bytes_.size());
  return *this;
}

KeyPair KeyPair::generate() {
  CERTFLEET_INVARIANT(sodium_init() >= 0, "libsodium");
  KeyBytes open;
  KeyBytes secret;
  crypto_box_keypair(open.data(), secret.data());
  KeyPair pair{PublicKey(open), SecretKey(secret)};
  sodium_memzero(secret.data(), secret.size());
  return pair;
}

KeyPair KeyPair::load(const std::filesystem::path& file) {
  std::string content = read_file(file, key_file_bytes_max);
  Wipe wipe(content);
  require_private(file);
  auto open = from_z85(field(content, "public "));
  auto secret = from_z85(field(content, "secret "));
  if (!open || !secret)
    throw Failure(Fault::usage,
                  fmt::format("{}: not a key file of the bus: it needs the lines `public KEY` and "
                              "`secret KEY`, each 40 characters of Z85",
                              file.string()));
  KeyPair pair{PublicKey(*open), SecretKey(*secret)};
  sodium_memzero(secret->data(), secret->size());
  if (public_of(pair.secret_key.bytes()) != *open)
    throw Failure(Fault::usage, fmt::format("{}: the secret key does not fit the public key", file.string()));
  return pair;
}

void KeyPair::save(const std::filesystem::path& file) const {
  std::string secret = to_z85(secret_key.bytes());
  Wipe wipe_secret(secret);
  std::string content;
  Wipe wipe_content(content);
  content.reserve(key_file_bytes_max);  // so that no copy is left behind by growing
  content += "# certfleet: a CURVE key pair. The secret is a password: never pass it on.\n";
  content += "public " + public_key.text() + "\nsecret ";
  content += secret;
  content += '\n';
  write_file(file, content, 0600);
}

}  // namespace certfleet::bus
