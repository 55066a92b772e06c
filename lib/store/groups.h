// User groups, their members and their notification table (manual 6.3).
#pragma once

#include "lib/domain/people.h"
#include "lib/store/transaction.h"

namespace certfleet::store::groups {

domain::Group get(Tx& tx, GroupId id);  // Failure(not_found)
std::optional<domain::Group> find(Tx& tx, std::string_view name);
std::vector<domain::Group> list(Tx& tx);  // by name

GroupId add(Tx& tx, const domain::Group& group);  // Failure(conflict): the name is taken
void update(Tx& tx, const domain::Group& group);
void remove(Tx& tx, GroupId id);  // Failure(conflict): services belong to it

void add_member(Tx& tx, GroupId group, UserId user);  // no change if he is one
void remove_member(Tx& tx, GroupId group, UserId user);
std::vector<domain::User> members(Tx& tx, GroupId group);  // by name

}  // namespace certfleet::store::groups
