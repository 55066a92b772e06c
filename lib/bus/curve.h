// CURVE keys of the bus (zeromq RFC 26), written in Z85 (RFC 32): 40 characters for 32 bytes.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace certfleet::bus {

using KeyBytes = std::array<std::uint8_t, 32>;

class PublicKey {
 public:
  PublicKey() = default;  // of nobody
  explicit PublicKey(const KeyBytes& bytes) : bytes_(bytes) {}
  // Failure(usage) unless it is 40 characters of Z85.
  static PublicKey parse(std::string_view z85);

  const KeyBytes& bytes() const { return bytes_; }
  std::string text() const;  // Z85
  auto operator<=>(const PublicKey&) const = default;

 private:
  KeyBytes bytes_{};
};

// Wiped when it goes; moved, never copied.
class SecretKey {
 public:
  explicit SecretKey(const KeyBytes& bytes) : bytes_(bytes) {}
  ~SecretKey();
  SecretKey(SecretKey&& other) noexcept;
  SecretKey& operator=(SecretKey&& other) noexcept;

  const KeyBytes& bytes() const { return bytes_; }

 private:
  KeyBytes bytes_;
};

// The file has two lines, `public Z85` and `secret Z85`; lines that begin with # are comments.
struct KeyPair {
  PublicKey public_key;
  SecretKey secret_key;

  static KeyPair generate();
  // Failure(usage) naming the file if it can't be read, is readable by others, is malformed, or if its two
  // keys don't belong together.
  static KeyPair load(const std::filesystem::path& file);
  // Mode 0600. Failure(permanent) naming the file.
  void save(const std::filesystem::path& file) const;
};

}  // namespace certfleet::bus
