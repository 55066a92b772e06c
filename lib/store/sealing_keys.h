// Public halves of the sealing keys: whoever has a secret to store seals it to the active one (DESIGN section
// 4).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"
#include "lib/store/transaction.h"

namespace certfleet::store::sealing_keys {

struct SealingKey {
  std::string id;          // first 8 bytes of the SHA-256 of the public key, in hex
  std::string public_key;  // 32 bytes
  bool active = true;
};

SealingKey active(Tx& tx);                // Failure(not_found): certfleet init has not made one
std::vector<SealingKey> list(Tx& tx);     // newest first
void add(Tx& tx, const SealingKey& key);  // becomes the active one; the others still open old boxes
std::vector<std::string> in_use(Tx& tx);  // ids of those to which something may be sealed: active ones and old ones

// The rotation (docs/sealing-keys.md): a key is offered, active, old, retired.
enum class State { offered, active, old, retired };
std::string_view to_string(State state);

struct KeyRow {
  std::string id;
  State state = State::offered;
  WallTime created_at;
  std::optional<WallTime> activated_at;
  std::optional<WallTime> retired_at;
};
std::vector<KeyRow> rows(Tx& tx);  // newest first

// A worker process that lives and opens boxes, and the keys that it holds.
struct Holder {
  std::string queue;
  std::string host;
  int pid = 0;
  std::vector<std::string> keys;
  bool holds(std::string_view id) const;
};
std::vector<Holder> holders(Tx& tx);  // by host and queue

// How many secrets of a field are sealed to a key.
struct Boxes {
  std::string field;  // "access.login_secret"
  std::string key;
  std::int64_t number = 0;
};
std::vector<Boxes> boxes(Tx& tx);

// The public half of a new key; its private half is in a key file by now. Failure(conflict): another one is offered.
void offer(Tx& tx, std::string_view public_key);
// New secrets are sealed to it from here on, and jobs begin to seal the others anew. Failure(conflict) while a
// living worker that opens boxes does not hold it, or none lives.
void activate(Tx& tx, const std::string& id);
// Has the workers seal anew what is not sealed to the active key.
void start_reseal(Tx& tx);
// Failure(conflict) if it is the active one, or while anything is sealed to it.
void retire(Tx& tx, const std::string& id);

}  // namespace certfleet::store::sealing_keys
