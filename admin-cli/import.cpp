#include "admin-cli/import.h"

#include <algorithm>
#include <span>

#include "admin-cli/secrets.h"
#include "admin-cli/suggest.h"
#include "lib/store/failures.h"

namespace certfleet::cli {
namespace {

// Forms that are written together: enough that a statement's own cost no longer counts.
constexpr std::size_t together_max = 500;

const FormNoun& noun_of(const DocumentSection& section) {
  if (const auto* noun = find_form_noun(section.name)) {
    if (noun->single != section.single)
      throw Failure(Fault::usage,
                    noun->single ? Text{"{} 行目: {}: リストではなくキーと値が必要です",
                                        "line {}: {}: needs keys, not a list"}
                                 : Text{"{} 行目: {}: リストが必要です", "line {}: {}: needs a list"},
                    section.line, section.name);
    return *noun;
  }
  std::vector<std::string> names;
  for (const auto& noun : form_nouns()) names.emplace_back(noun.section);
  std::string similar;
  for (const auto& name : near(section.name, names)) similar += (similar.empty() ? "" : ", ") + name;
  throw Failure(Fault::usage,
                similar.empty() ? Text{"{} 行目: 不明なキー \"{}\"", "line {}: unknown key \"{}\""}
                                : Text{"{} 行目: 不明なキー \"{}\"。もしかして: {}",
                                       "line {}: unknown key \"{}\"; did you mean {}?"},
                section.line, section.name, similar);
}

// "line 12: service shop: …", without saying the line twice.
Saying with_place(const FormNoun& noun, const Form& form, const Failure& failure) {
  auto what = failure.text();
  if (what.en.starts_with("line ")) return saying({"{} {}: {}", "{} {}: {}"}, noun.noun, form.name, what);
  return saying({"{} 行目: {} {}: {}", "line {}: {} {}: {}"}, form.line, noun.noun, form.name, what);
}

[[noreturn]] void refuse(const std::vector<Saying>& wrong, Fault fault) {
  Saying all;
  for (std::size_t i = 0; i < wrong.size() && i < wrongs_max; ++i) {
    all.ja += (i == 0 ? "" : "\n") + wrong[i].ja;
    all.en += (i == 0 ? "" : "\n") + wrong[i].en;
  }
  if (wrong.size() > wrongs_max) {
    auto more = saying({"\nほか {} 件", "\nand {} more"}, wrong.size() - wrongs_max);
    all.ja += more.ja;
    all.en += more.en;
  }
  throw Failure(fault, all);
}

void count(Imported& imported, Change::How how) {
  switch (how) {
    case Change::How::added:
      ++imported.added;
      return;
    case Change::How::changed:
      ++imported.changed;
      return;
    case Change::How::same:
      ++imported.same;
      return;
  }
}

std::vector<Outcome> put(const FormNoun& noun, store::Tx& tx, FormNames& names, const Sealer& sealer,
                         std::span<const Form> forms) {
  if (noun.put_all) {
    tx.plan_anew();
    return noun.put_all(tx, names, sealer, forms);
  }
  return {attempted([&] { return noun.put(tx, names, sealer, forms.front()); })};
}

}  // namespace

Imported import_document(store::Tx& tx, const Document& document, std::vector<Saying> wrong,
                         const Progress& progress) {
  std::map<const FormNoun*, const DocumentSection*> given;
  std::size_t all = 0;
  for (const auto& section : document) {
    given[&noun_of(section)] = &section;
    all += section.forms.size();
  }
  FormNames names(tx);
  Sealer sealer = [&](const std::string& file, std::string_view purpose) {
    auto secret = secret_from_file(file);
    check_secret(purpose, secret, file);
    return seal(tx, purpose, secret);
  };
  Imported imported;
  std::vector<std::pair<const FormNoun*, const Form*>> to_settle;
  std::size_t done = 0;
  auto fault = Fault::usage;
  auto complain = [&](const FormNoun& noun, const Form& form) {  // in a catch block
    auto failure = store::current_failure();
    if (failure.transient()) throw failure;
    wrong.push_back(with_place(noun, form, failure));
    if (wrong.size() == 1) fault = failure.fault();
    // What the document itself has wrong leaves the transaction as it was; what the database refused does not.
    if (!tx.usable()) refuse(wrong, fault);
  };
  for (const auto& noun : form_nouns()) {
    auto section = given.find(&noun);
    if (section == given.end()) continue;
    for (auto forms = std::span(section->second->forms); !forms.empty();) {
      auto outcomes = put(noun, tx, names, sealer, forms.first(std::min(forms.size(), together_max)));
      for (std::size_t i = 0; i < outcomes.size(); ++i) {
        try {
          if (outcomes[i].wrong) std::rethrow_exception(outcomes[i].wrong);
          count(imported, outcomes[i].change.how);
          if (noun.settled && outcomes[i].change.how == Change::How::changed) to_settle.emplace_back(&noun, &forms[i]);
          imported.things.push_back({&noun, forms[i].name, std::move(outcomes[i].change)});
        } catch (const std::exception&) {
          complain(noun, forms[i]);
        }
      }
      forms = forms.subspan(outcomes.size());
      progress(done += outcomes.size(), all);
    }
  }
  for (const auto& [noun, form] : to_settle) {
    try {
      noun->settled(tx, names, *form);
    } catch (const std::exception&) {
      complain(*noun, *form);
    }
  }
  if (!wrong.empty()) refuse(wrong, fault);
  return imported;
}

}  // namespace certfleet::cli
