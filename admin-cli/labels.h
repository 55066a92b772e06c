// States as people read them, with the manual's colours (6.1, 7.1); JSON has the bare words.
#pragma once

#include <optional>
#include <string>

#include "admin-cli/table.h"
#include "admin-cli/text.h"

namespace certfleet::cli {

// "2026-12-01 (29 days)", yellow under 90 days, red from the end on.
Cell expiry_cell(std::optional<WallTime> not_after, WallTime now, Language language);
// One word of a certificate's standing: "under_30".
Cell expiry_status_cell(std::optional<WallTime> not_after, WallTime now, Language language);

// Red if the order failed, or `in_error` and is tried again.
Cell order_state_cell(const std::optional<std::string>& state, Language language, bool in_error = false);
Cell apply_status_cell(const std::string& status, Language language);
Cell served_state_cell(const std::optional<std::string>& state, Language language);
Cell job_state_cell(const std::string& state, Language language);
Cell serial_cell(const std::optional<std::string>& serial);

}  // namespace certfleet::cli
