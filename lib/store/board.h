// What the dashboard shows (manual 6.1): how many of each, and the first few. Disabled services and their nodes
// are left out. Counted by index: costs what is found, not what there is.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/store/transaction.h"

namespace certfleet::store::board {

struct Item {
  std::string service;
  std::string node;            // of applies
  std::optional<WallTime> at;  // when the certificate ends, or when the order or apply is scheduled
  std::string state;           // of orders and applies
  std::string error;
};

struct Topic {
  int count = 0;
  std::vector<Item> first;  // the soonest, or the newest failures
};

struct Board {
  // By the newest certificate of the service; each is in one of them.
  Topic expired, under_15, under_30, under_60, under_90;
  // By the newest order of the service; each is in one of them.
  Topic orders_failed;  // failed, or met an error and is tried again
  Topic orders_scheduled, orders_under_way;
  Topic applies_failed;  // failed or rolled back
  Topic applies_scheduled, applies_under_way;
};

Board get(Tx& tx, int first_max);

std::string login(Tx& tx);  // who is asking

}  // namespace certfleet::store::board
