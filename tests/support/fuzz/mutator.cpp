#include "tests/support/fuzz/mutator.h"

#include <array>
#include <limits>
#include <optional>
#include <utility>

namespace certfleet::testing {
namespace {

std::optional<std::uint64_t> read_varint(const std::string& bytes, std::size_t& at) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && at < bytes.size(); shift += 7) {
    auto byte = static_cast<unsigned char>(bytes[at++]);
    value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

void write_varint(std::string& bytes, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) bytes.push_back(static_cast<char>((value & 0x7FU) | 0x80U));
  bytes.push_back(static_cast<char>(value));
}

}  // namespace

bool Mutator::parse(const std::string& bytes, std::vector<Field>& fields) {
  for (std::size_t at = 0; at < bytes.size();) {
    auto tag = read_varint(bytes, at);
    if (!tag || *tag < 8) return false;
    Field field{.number = static_cast<std::uint32_t>(*tag >> 3U),
                .type = static_cast<unsigned>(*tag & 7U),
                .value = 0,
                .bytes = {}};
    std::size_t size = field.type == 1 ? 8 : field.type == 5 ? 4 : 0;
    if (field.type == 0 || field.type == 2) {
      auto value = read_varint(bytes, at);
      if (!value) return false;
      field.value = *value;
      if (field.type == 2)
        size = *value <= bytes.size() ? static_cast<std::size_t>(*value) : bytes.size() + 1;
    } else if (size == 0) {
      return false;
    }
    if (size > bytes.size() - at) return false;
    field.bytes = bytes.substr(at, size);
    at += size;
    fields.push_back(std::move(field));
  }
  return true;
}

std::string Mutator::write(const std::vector<Field>& fields) {
  std::string bytes;
  for (const auto& field : fields) {
    write_varint(bytes, static_cast<std::uint64_t>(field.number) << 3U | field.type);
    if (field.type == 0) write_varint(bytes, field.value);
    if (field.type == 2) write_varint(bytes, field.bytes.size());
    if (field.type != 0) bytes += field.bytes;
  }
  return bytes;
}

std::string Mutator::mutate(std::string bytes, const std::string& donor) {
  for (auto changes = 1 + roll(4); changes > 0; --changes)
    bytes = roll(8) == 0 ? damage_bytes(std::move(bytes)) : damage(bytes, donor, 0);
  return bytes;
}

std::string Mutator::damage(const std::string& bytes, const std::string& donor, int depth) {
  std::vector<Field> fields;
  if (!parse(bytes, fields) || fields.empty()) return damage_bytes(bytes);
  std::size_t at = roll(fields.size());
  switch (roll(8)) {
    case 0:
      fields.erase(fields.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    case 1:
      for (auto copies = roll(64) == 0 ? 2000U : 1U; copies > 0; --copies) fields.push_back(fields[at]);
      break;
    case 2:
      std::swap(fields[at], fields[roll(fields.size())]);
      break;
    case 3: {
      std::vector<Field> others;
      if (parse(donor, others) && !others.empty()) fields.push_back(others[roll(others.size())]);
      break;
    }
    default:
      change(fields[at], donor, depth);
  }
  return write(fields);
}

void Mutator::change(Field& field, const std::string& donor, int depth) {
  if (roll(10) == 0) field.number = static_cast<std::uint32_t>(1 + roll(20));
  if (roll(10) == 0) {
    constexpr std::array types = {0U, 1U, 2U, 5U};
    field.type = types[roll(types.size())];
    field.bytes.resize(field.type == 1 ? 8 : field.type == 5 ? 4 : field.bytes.size());
  } else if (field.type == 0) {
    field.value = edge();
  } else if (field.type == 2 && depth < 4 && roll(4) > 0) {
    field.bytes = damage(field.bytes, donor, depth + 1);
  } else {
    field.bytes = damage_bytes(std::move(field.bytes));
    if (field.type != 2) field.bytes.resize(field.type == 1 ? 8 : 4);
  }
}

std::string Mutator::damage_bytes(std::string bytes) {
  auto byte = [this] { return static_cast<char>(roll(256)); };
  switch (bytes.empty() ? 2 : roll(4)) {
    case 0:
      bytes[roll(bytes.size())] = byte();
      break;
    case 1:
      bytes.resize(roll(bytes.size()));
      break;
    case 2:
      for (auto more = 1 + roll(roll(32) == 0 ? 4000 : 8); more > 0; --more) bytes.push_back(byte());
      break;
    default:
      bytes.insert(roll(bytes.size()), 1, byte());
  }
  return bytes;
}

std::uint64_t Mutator::edge() {
  constexpr std::array<std::uint64_t, 16> edges = {0,           1,
                                                   2,           5,
                                                   7,           127,
                                                   128,         1024,
                                                   1025,        4096,
                                                   32767,       32768,
                                                   1ULL << 31U, (1ULL << 32U) - 1,
                                                   1ULL << 63U, std::numeric_limits<std::uint64_t>::max()};
  return roll(4) == 0 ? dice_() >> roll(64) : edges[roll(edges.size())];
}

}  // namespace certfleet::testing
