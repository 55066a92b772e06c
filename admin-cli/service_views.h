// One service as shown (manual 7.2).
#pragma once

#include <string>

namespace certfleet::cli {

class Context;

void show_service(Context& context, const std::string& name);

}  // namespace certfleet::cli
