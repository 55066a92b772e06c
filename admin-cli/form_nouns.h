// The sections of a document, in the order in which one refers to those before it, and what writing a form
// into the database means for each.
#pragma once

#include <exception>
#include <functional>
#include <span>
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

// What came of a form: the change, or what is wrong with it.
struct Outcome {
  Change change;
  std::exception_ptr wrong = {};
};

template <class F>
Outcome attempted(F&& put) {
  try {
    return {put()};
  } catch (const std::exception&) {
    return {{}, std::current_exception()};
  }
}

struct FormNoun {
  const char* section;                                           // "services"
  Text noun;                                                     // one of them
  bool single = false;                                           // there is one only
  std::function<std::vector<Form>(store::Tx&, FormNames&)> all = {};  // by name
  // Failure in a person's words, not yet naming the form.
  std::function<Change(store::Tx&, FormNames&, const Sealer&, const Form&)> put = {};
  // Of nouns that come by the thousand: the same for several forms, the new ones by one statement. An outcome for each
  // form, but none behind one whose refusal the transaction does not survive.
  std::function<std::vector<Outcome>(store::Tx&, FormNames&, const Sealer&, std::span<const Form>)> put_all = {};
  // What a changed thing must fulfil once all of the document is there: with what it needs it may change together.
  // Failure like that of `put`.
  std::function<void(store::Tx&, FormNames&, const Form&)> settled = {};
  std::vector<std::string> keys = {};  // of a form, in their order
};

const std::vector<FormNoun>& form_nouns();
const FormNoun* find_form_noun(std::string_view section);

}  // namespace certfleet::cli
