// The sections of a document, in the order in which one refers to those before it, and what writing a form
// into the database means for each.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "admin-cli/form.h"
#include "lib/base/text.h"

namespace certfleet::cli {

// What writing a form changed.
struct Change {
  enum class How { added, changed, same };
  How how = How::same;
  Form before;  // without entries if it was added
  Form after;
  bool new_secrets = false;
};

struct FormNoun {
  const char* section;                                           // "services"
  Text noun;                                                     // one of them
  bool single = false;                                           // there is one only
  std::function<std::vector<Form>(store::Tx&, FormNames&)> all = {};  // by name
  // Failure in a person's words, not yet naming the form.
  std::function<Change(store::Tx&, FormNames&, const Sealer&, const Form&)> put = {};
  std::vector<std::string> keys = {};  // of a form, in their order
};

const std::vector<FormNoun>& form_nouns();
const FormNoun* find_form_noun(std::string_view section);

}  // namespace certfleet::cli
