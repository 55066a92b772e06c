// The columns that hold sealed boxes, for sealing them anew to another key. Which those are, the database says: all
// whose names end in _sealed; and by its grants, which of them a connection may open and write.
#pragma once

#include <string>
#include <vector>

#include "lib/domain/sealed.h"
#include "lib/store/transaction.h"

namespace certfleet::store::sealed_columns {

struct Column {
  std::string table;
  std::string column;
};
std::string field_of(const Column& column);  // "access.login_secret"

// Those that this connection's role may both read and write.
std::vector<Column> own(Tx& tx);

struct Box {
  std::string row;  // where it stands until the row changes
  domain::Sealed sealed;
};

// Boxes that are sealed to known keys other than the active one, and are none of `but`. In no order.
std::vector<Box> outdated(Tx& tx, const Column& column, const std::vector<std::string>& but, int boxes_max);

// Puts `fresh` in the place of a box. False if the box is not there any more: somebody has set another secret.
bool replace(Tx& tx, const Column& column, const Box& box, const domain::Sealed& fresh);

}  // namespace certfleet::store::sealed_columns
