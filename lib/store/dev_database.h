// A database of one's own in a private cluster.
#pragma once

#include <string>

namespace certfleet::store {

// Makes the database if it is not there; `dsn` is of its owner, in another database of the cluster.
void create_database(const std::string& dsn, const std::string& name);

}  // namespace certfleet::store
