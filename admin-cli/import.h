// A document into the database: all of it, or nothing.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "admin-cli/document.h"
#include "admin-cli/form_nouns.h"

namespace certfleet::cli {

struct ImportedThing {
  const FormNoun* noun = nullptr;
  std::string name;
  Change change;
};

struct Imported {
  std::vector<ImportedThing> things;  // in the document's order of sections
  int added = 0, changed = 0, same = 0;
};

// Told how many of how many forms are done.
using Progress = std::function<void(std::size_t done, std::size_t all)>;

// In the transaction of the caller, who commits or, to plan, does not. Each complaint names line, noun and name;
// several are gathered as far as the database goes on: Failure(usage) with a line for each, at most `wrongs_max`.
inline constexpr std::size_t wrongs_max = 50;
Imported import_document(store::Tx& tx, const Document& document, std::vector<Saying> wrong,
                         const Progress& progress);

}  // namespace certfleet::cli
