// Edits that tell two administrators of each other (store/revisions.h): by --if-revision, and by what was looked at
// before a question was asked.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "admin-cli/commands.h"
#include "admin-cli/context.h"
#include "lib/store/revisions.h"

namespace certfleet::cli {

// What is edited: a row that has a revision.
struct Edited {
  store::revisions::Table table;
  Text what;         // words::service
  std::string name;  // as the person typed it; empty for the one row of the settings
};

// --if-revision N
void declare_if_revision(Verb& verb, std::optional<int>& into);

// {"revision": 4}, as show has it.
Field revision_field(store::Tx& tx, store::revisions::Table table, std::int64_t id);

// Locks the row until the end of the transaction: what is read after this is what is changed. Failure(conflict) if
// it has another revision than the one that was seen.
void hold(const Context& context, store::Tx& tx, const Edited& edited, std::int64_t id,
          std::optional<std::int64_t> seen);

// Looks, asks, and removes unless the row was changed meanwhile. `find` gives its id or fails.
void remove_after_question(Context& context, const Edited& edited, std::optional<int> if_revision,
                           const std::string& question, const std::function<std::int64_t(store::Tx&)>& find,
                           const std::function<void(store::Tx&, std::int64_t)>& remove);

}  // namespace certfleet::cli
