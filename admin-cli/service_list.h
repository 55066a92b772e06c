// The list of services, a page at a time (manual 7.1).
#pragma once

#include <optional>
#include <string>

#include "admin-cli/commands.h"
#include "admin-cli/context.h"

namespace certfleet::cli {

struct ListServices {
  std::optional<std::string> text, group, state, sort, after;
  std::vector<std::string> orders;
  std::optional<bool> order_error, enabled;
  bool reverse = false;
  std::optional<int> limit;
};

void declare_service_list(Verb& verb, ListServices& a);
void list_services(Context& context, const ListServices& a);

}  // namespace certfleet::cli
