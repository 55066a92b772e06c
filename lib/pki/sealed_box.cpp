#include "lib/pki/sealed_box.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>

#include "lib/base/error.h"
#include "lib/pki/limits.h"
#include "lib/pki/text.h"

namespace certfleet::pki {

namespace {

constexpr char box_version = 1;
constexpr std::size_t id_bytes = 8;
constexpr std::size_t head_bytes = 1 + id_bytes;
constexpr std::string_view file_title = "certfleet-sealing-key-1";

unsigned char* raw(std::string& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}
const unsigned char* raw(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::string key_id(std::string_view public_bytes) {
  return to_hex(sha256(public_bytes).substr(0, id_bytes));
}

[[noreturn]] void bad_file(const Text& why) {
  throw Failure(Fault::usage, Text{"封印鍵ファイルではありません: {}", "this is not a sealing key file: {}"}, why);
}

// The next line of `text`, which loses it. A final newline is asked for.
std::string_view take_line(std::string_view& text) {
  auto end = text.find('\n');
  if (end == std::string_view::npos) bad_file({"途中で切れています", "it is cut off"});
  auto line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

std::string_view take_field(std::string_view& text, std::string_view name) {
  auto line = take_line(text);
  if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ' ')
    bad_file({"行が足りません", "a line is missing"});
  return line.substr(name.size() + 1);
}

// A box around its whole content: the purpose with its length, and the secret.
std::string seal_content(const SealingPublicKey& key, const Secret& content) {
  CERTFLEET_INVARIANT(key.bytes.size() == crypto_box_PUBLICKEYBYTES, key.id);
  CERTFLEET_INVARIANT(key.id == key_id(key.bytes), key.id);
  std::string box(head_bytes + crypto_box_SEALBYTES + content.size(), '\0');
  box[0] = box_version;
  box.replace(1, id_bytes, sha256(key.bytes), 0, id_bytes);
  CERTFLEET_INVARIANT(crypto_box_seal(raw(box) + head_bytes, content.data(), content.size(),
                                      raw(std::string_view(key.bytes))) == 0,
                      key.id);
  return box;
}

Secret open_content(std::span<const SealingKey> keys, std::string_view box) {
  auto id = sealing_key_id(box);
  if (box.size() > head_bytes + crypto_box_SEALBYTES + 1 + purpose_bytes_max + sealed_secret_bytes_max)
    throw Failure(Fault::permanent, "the sealed box is too large");
  auto key = std::find_if(keys.begin(), keys.end(), [&](const SealingKey& each) { return each.id() == id; });
  if (key == keys.end())
    throw Failure(Fault::permanent,
                  fmt::format("sealing key {} is not on this host: its box can't be opened", id));
  auto sealed = box.substr(head_bytes);
  std::string opened(sealed.size() - crypto_box_SEALBYTES, '\0');
  bool intact = crypto_box_seal_open(raw(opened), raw(sealed), sealed.size(), raw(key->public_key().bytes),
                                     key->secret_bytes().data()) == 0;
  Secret content(std::move(opened));
  if (!intact) throw Failure(Fault::permanent, fmt::format("a box sealed for key {} is damaged", id));
  return content;
}

}  // namespace

SealingPublicKey SealingPublicKey::from_bytes(std::string_view bytes) {
  if (bytes.size() != crypto_box_PUBLICKEYBYTES)
    throw Failure(Fault::usage, Text{"封印鍵は {} バイトです ({} バイトあります)", "a sealing key has {} bytes, not {}"},
                  crypto_box_PUBLICKEYBYTES + 0U, bytes.size());
  return {key_id(bytes), std::string(bytes)};
}

SealingKey::SealingKey(SealingPublicKey public_key, Secret secret)
    : public_key_(std::move(public_key)), secret_(std::move(secret)) {}

SealingKey SealingKey::generate() {
  CERTFLEET_INVARIANT(sodium_init() >= 0, "no source of randomness");
  std::string public_bytes(crypto_box_PUBLICKEYBYTES, '\0');
  std::string secret(crypto_box_SECRETKEYBYTES, '\0');
  crypto_box_keypair(raw(public_bytes), raw(secret));
  return {SealingPublicKey::from_bytes(public_bytes), Secret(std::move(secret))};
}

SealingKey SealingKey::take(std::string_view& rest) {
  if (take_line(rest) != file_title) bad_file({"内容が正しくありません", "its first line is another"});
  auto id = take_field(rest, "id");
  auto decoded = from_base64(take_field(rest, "secret"));
  if (!decoded) bad_file({"内容が正しくありません", "its key is not base64"});
  Secret secret(std::move(*decoded));
  if (secret.size() != crypto_box_SECRETKEYBYTES) bad_file({"内容が正しくありません", "its key has the wrong length"});
  std::string public_bytes(crypto_box_PUBLICKEYBYTES, '\0');
  crypto_scalarmult_base(raw(public_bytes), secret.data());
  auto public_key = SealingPublicKey::from_bytes(public_bytes);
  if (public_key.id != id) bad_file({"内容が正しくありません", "its id and its key don't fit together"});
  return {std::move(public_key), std::move(secret)};
}

SealingKey SealingKey::from_file_text(const Secret& text) {
  auto rest = text.view();
  auto key = take(rest);
  if (!rest.empty()) bad_file({"内容が正しくありません", "something follows the key"});
  return key;
}

std::vector<SealingKey> SealingKey::all_from_file_text(const Secret& text) {
  std::vector<SealingKey> keys;
  auto rest = text.view();
  do keys.push_back(take(rest));
  while (!rest.empty());
  return keys;
}

Secret SealingKey::to_file_text() const {
  Secret encoded(base64(secret_.view()));
  std::string text;
  text.reserve(file_title.size() + id().size() + encoded.size() +
               20);  // one buffer, so that one wipe reaches all
  text.append(file_title)
      .append("\nid ")
      .append(id())
      .append("\nsecret ")
      .append(encoded.view())
      .append("\n");
  return Secret(std::move(text));
}

std::string seal(const SealingPublicKey& key, std::string_view purpose, const Secret& secret) {
  if (purpose.empty() || purpose.size() > purpose_bytes_max)
    throw Failure(Fault::usage, Text{"目的は 1～{} バイトです", "a purpose has 1 to {} bytes"}, purpose_bytes_max);
  if (secret.size() > sealed_secret_bytes_max)
    throw Failure(Fault::usage,
                  Text{"秘密情報は {} バイトまでです ({} バイトあります)", "a secret may have {} bytes, this has {}"},
                  sealed_secret_bytes_max, secret.size());
  std::string content;
  content.reserve(1 + purpose.size() + secret.size());  // one buffer, so that one wipe reaches all
  content.push_back(static_cast<char>(purpose.size()));
  content.append(purpose).append(secret.view());
  return seal_content(key, Secret(std::move(content)));
}

std::string sealing_key_id(std::string_view box) {
  if (box.size() < head_bytes + crypto_box_SEALBYTES + 1)
    throw Failure(Fault::permanent, "this is not a sealed box");
  if (box[0] != box_version)
    throw Failure(Fault::permanent,
                  fmt::format("a sealed box of version {} is not known", static_cast<int>(box[0])));
  return to_hex(box.substr(1, id_bytes));
}

Secret open(std::span<const SealingKey> keys, std::string_view purpose, std::string_view box) {
  auto content = open_content(keys, box);
  auto purpose_size = static_cast<std::size_t>(static_cast<unsigned char>(content.view()[0]));
  if (content.size() < 1 + purpose_size || content.view().substr(1, purpose_size) != purpose)
    throw Failure(Fault::permanent, fmt::format("a box sealed for key {} has another purpose than {}",
                                                sealing_key_id(box), purpose));
  return Secret::of(content.view().substr(1 + purpose_size));
}

std::string reseal(std::span<const SealingKey> keys, const SealingPublicKey& to, std::string_view box) {
  return seal_content(to, open_content(keys, box));
}

}  // namespace certfleet::pki
