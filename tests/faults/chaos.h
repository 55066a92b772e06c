// Faults on a house under load, chosen by dice: begun, left for a while, some at the same time, and healed.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "tests/faults/dice.h"
#include "tests/faults/house.h"

namespace certfleet::faults {

class Chaos {
 public:
  Chaos(House& house, std::uint64_t seed)
      : house_(house), dice_(seed), work_(dice_.part()), pace_(dice_.part()) {}

  // Begins the faults of a round, of each kind some, while jobs of all recipes come in; returns when all are healed and
  // everything runs.
  void rage();

  const std::vector<std::string>& story() const { return story_; }  // what was done, in order

 private:
  struct Fault {
    Instant until;
    std::function<void()> heal;
  };

  enum class Kind { worker, other_daemon, worker_link, any_link, database, disk };
  static const std::vector<Kind> round;

  void feed();
  void begin_one(Kind kind, Dice dice);
  void begin(const std::string& what, std::chrono::milliseconds span, std::function<void()> heal);
  void harm_daemon(const std::string& kind, Dice& dice);
  void harm_link(bool of_worker, Dice& dice);
  void harm_database(Dice& dice);
  void harm_disk(Dice& dice);
  void heal_due(Instant now);
  void pass_time();

  House& house_;
  Dice dice_;  // which faults
  Dice work_;  // which jobs
  Dice pace_;
  Instant start_ = Monotonic::now();
  bool database_harmed_ = false;  // stopped, or without room
  std::vector<Fault> faults_;
  std::vector<std::string> story_;
};

}  // namespace certfleet::faults
