// Lists of services and nodes as CSV (RFC 4180), as spreadsheets write them: a line of keys, then a line a
// thing. A list within a value has blanks between its items. An empty value is none.
#pragma once

#include <string>
#include <vector>

#include "admin-cli/form.h"

namespace certfleet::cli {

struct CsvForms {
  std::vector<Form> forms;
  std::vector<Saying> wrong;  // one for each bad line, with its number
};

// Failure(usage): no UTF-8, no or a bad first line. `keys`: those that there are.
CsvForms from_csv(const std::string& text, const std::vector<std::string>& keys);

std::string to_csv(const std::vector<Form>& forms, const std::vector<std::string>& keys);

}  // namespace certfleet::cli
