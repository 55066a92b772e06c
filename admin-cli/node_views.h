// Nodes as shown (manual 9.1).
#pragma once

#include <string>

#include "admin-cli/context.h"
#include "lib/store/overview.h"

namespace certfleet::cli {

// The rows of a node list; a service's own needs no column for the service.
Table nodes_table(const std::vector<store::overview::NodeRow>& rows, Language language, bool with_service);

void show_node(Context& context, const std::string& name);

}  // namespace certfleet::cli
