// The configuration as one YAML document: sections of forms, without secrets, in an order that stays the
// same, so that it can be kept under version control.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "admin-cli/form.h"

namespace certfleet::cli {

struct DocumentSection {
  std::string name;     // "services"
  bool single = false;  // a map, not a list of named things
  std::vector<Form> forms;
  int line = 0;
};

using Document = std::vector<DocumentSection>;

// What a document may be at most; hostile ones are ended by it.
inline constexpr std::size_t document_bytes_max = 256UL * 1024 * 1024;

std::string to_yaml(const Document& document);

// Failure(usage) with the line: no YAML, not UTF-8, another format, a value of a wrong shape, a key or name
// that comes twice. What the sections and keys are is not looked at here.
Document from_yaml(const std::string& text);

// Failure(usage) with the line if `text` is not UTF-8.
void require_utf8(std::string_view text);

}  // namespace certfleet::cli
