#include "lib/pki/secret.h"

#include <sodium.h>

#include <cstring>
#include <utility>

namespace certfleet::pki {

namespace {

std::unique_ptr<char[]> copy_of(const void* bytes, std::size_t size) {
  if (size == 0) return nullptr;
  auto copy = std::make_unique_for_overwrite<char[]>(size);
  std::memcpy(copy.get(), bytes, size);
  return copy;
}

}  // namespace

Secret::Secret(std::string&& source) : bytes_(copy_of(source.data(), source.size())), size_(source.size()) {
  pki::wipe(source);
}

Secret::Secret(std::span<const std::byte> bytes)
    : bytes_(copy_of(bytes.data(), bytes.size())), size_(bytes.size()) {}

Secret::Secret(std::span<const unsigned char> bytes)
    : bytes_(copy_of(bytes.data(), bytes.size())), size_(bytes.size()) {}

Secret Secret::of(std::string_view text) {
  Secret secret;
  secret.bytes_ = copy_of(text.data(), text.size());
  secret.size_ = text.size();
  return secret;
}

Secret::~Secret() {
  wipe();
}

Secret::Secret(Secret&& other) noexcept
    : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

const unsigned char* Secret::data() const {
  return reinterpret_cast<const unsigned char*>(bytes_.get());
}

bool Secret::equals(const Secret& other) const {
  return size_ == other.size_ && (size_ == 0 || sodium_memcmp(bytes_.get(), other.bytes_.get(), size_) == 0);
}

void Secret::wipe() noexcept {
  if (bytes_) sodium_memzero(bytes_.get(), size_);
  bytes_.reset();
  size_ = 0;
}

void wipe(std::string& text) {
  text.resize(text.capacity());  // within the capacity: the buffer stays the same
  sodium_memzero(text.data(), text.size());
  text.clear();
}

}  // namespace certfleet::pki
