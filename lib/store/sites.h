// Sites: where nodes stand, and a route for jobs (manual 2, 9.1.2).
#pragma once

#include <utility>
#include <vector>

#include "lib/domain/node.h"
#include "lib/store/transaction.h"

namespace certfleet::store::sites {

domain::Site get(Tx& tx, SiteId id);  // Failure(not_found)
std::optional<domain::Site> find(Tx& tx, std::string_view name);
std::vector<domain::Site> list(Tx& tx);  // by name
std::int64_t nodes(Tx& tx, SiteId id);   // how many stand there
std::vector<std::pair<domain::Site, std::int64_t>> list_with_nodes(Tx& tx);  // by name, with that number

SiteId add(Tx& tx, const domain::Site& site);  // Failure(conflict): the name is taken
void update(Tx& tx, const domain::Site& site);
void remove(Tx& tx, SiteId id);  // Failure(conflict): nodes stand there

}  // namespace certfleet::store::sites
