// Frames that are nearly right: damage that keeps the structure of Protobuf, so that it gets past the parser
// and into what lies behind it. The same seed gives the same damage.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace certfleet::testing {

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : dice_(seed) {}

  // One to four changes: fields of any depth removed, doubled, swapped, taken from `donor`, given a value
  // from the edges of its type or another type; now and then plain bytes flipped, cut or added.
  std::string mutate(std::string bytes, const std::string& donor);

  std::uint64_t roll(std::uint64_t sides) { return dice_() % sides; }

 private:
  struct Field {
    std::uint32_t number = 0;
    unsigned type = 0;  // of the wire: 0 varint, 1 eight bytes, 2 bytes, 5 four bytes
    std::uint64_t value = 0;
    std::string bytes;
  };
  static bool parse(const std::string& bytes, std::vector<Field>& fields);
  static std::string write(const std::vector<Field>& fields);

  std::string damage(const std::string& bytes, const std::string& donor, int depth);
  void change(Field& field, const std::string& donor, int depth);
  std::string damage_bytes(std::string bytes);
  std::uint64_t edge();

  std::mt19937_64 dice_;
};

}  // namespace certfleet::testing
