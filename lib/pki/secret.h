// Bytes that must not outlive their use: a private key, a password, an API key. They are wiped when the
// object dies or is moved from. Never formatted, logged or compared by accident.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace certfleet::pki {

class Secret {
 public:
  Secret() = default;
  // Takes the bytes and wipes the source, its spare capacity included.
  explicit Secret(std::string&& source);
  explicit Secret(std::span<const std::byte> bytes);
  explicit Secret(std::span<const unsigned char> bytes);
  // Copies; the caller's bytes stay where they are. For text that is read-only anyway.
  static Secret of(std::string_view text);

  ~Secret();
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  // On purpose only: each copy is one more place that holds the secret.
  Secret copy() const { return of(view()); }

  // Valid as long as this object; don't put it into a std::string that lives on.
  std::string_view view() const { return {bytes_.get(), size_}; }
  const unsigned char* data() const;
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Takes as long for a near miss as for a far one; the length is not hidden.
  bool equals(const Secret& other) const;

 private:
  void wipe() noexcept;

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
};

// Overwrites a string, its spare capacity included, and leaves it empty.
void wipe(std::string& text);

}  // namespace certfleet::pki
