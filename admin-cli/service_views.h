// Services as shown (manual 7.1, 7.2).
#pragma once

#include <string>

namespace certfleet::cli {

class Context;

void list_services(Context& context);
void show_service(Context& context, const std::string& name);

}  // namespace certfleet::cli
