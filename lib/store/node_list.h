// Lists of nodes, filtered, sorted and cut into pages by the database (manual 9.1): a page costs what a page has,
// however many nodes there are.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/store/overview.h"

namespace certfleet::store::node_list {

// Which nodes; unset fields don't limit.
struct Filter {
  ServiceId service;
  SiteId site;
  AccessId access;
  std::optional<std::string> kind;
  std::optional<bool> enabled;
  std::optional<bool> service_enabled;      // 7.2.2: nodes of a disabled service are looked after no more than it
  std::vector<std::string> apply_statuses;  // one of these; empty: any
  std::string name_part;  // without regard to case
};

// Ties are broken by the number of the node. Nodes that were never seen are before all others by served_at.
enum class By { name, id, apply_status, served_at };
std::optional<By> by_from(std::string_view word);

struct Order {
  By by = By::name;
  bool descending = false;
  std::string after;  // the name of the last node of the page before; empty: the first page
};

// Beyond it "more than" is all that is said, as in service_list.h.
inline constexpr int more_max = 1'000;

struct Page {
  std::vector<overview::NodeRow> rows;
  int more = 0;  // how many come behind, more_max + 1 at most
};
// At most `rows_max`; 0: all. Failure(not_found) if `after` names no node and the order is not by name.
Page page(Tx& tx, const Filter& filter, const Order& order, int rows_max);

// How the database finds the page's rows, as EXPLAIN has it: for the test that pins it.
std::string explained(Tx& tx, const Filter& filter, const Order& order, int rows_max);

}  // namespace certfleet::store::node_list
