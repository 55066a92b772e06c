// How nouns whose things have names come out of the database as forms, and go into it: the same for all of them. For
// form_nouns.cpp only.
#pragma once

#include "admin-cli/form_fields.h"
#include "admin-cli/form_nouns.h"
#include "lib/domain/checks.h"
#include "lib/store/revisions.h"

namespace certfleet::cli {

using store::Tx;
using store::revisions::Table;

template <class T>
Form form_of(T thing, FormNames& names) {
  Form form;
  FormWriter writer(form, names);
  fields(writer, thing);
  return form;
}

// The keys that a reader asks for.
class KeyCollector {
 public:
  template <class V>
  void text(const char* key, V&) {
    add(key);
  }
  template <class V>
  void number(const char* key, V&) {
    add(key);
  }
  void flag(const char* key, bool&) { add(key); }
  void list(const char* key, std::vector<std::string>&) { add(key); }
  template <class Id>
  void reference(const char* key, const char*, Id&) {
    add(key);
  }
  template <class V>
  void word(const char* key, V&, std::string_view (*)(V), std::optional<V> (*)(std::string_view)) {
    add(key);
  }
  template <class V>
  void word(const char* key, std::optional<V>&, std::string_view (*)(V), std::optional<V> (*)(std::string_view)) {
    add(key);
  }
  void secret(const char* key, std::optional<std::string>&, bool, std::string_view) { add(key); }
  template <class V>
  bool group(const char*, std::optional<V>& part) {
    part.emplace();
    return true;
  }
  bool only_if(bool) { return true; }

  const std::vector<std::string>& keys() const { return keys_; }

 private:
  void add(const char* key) { keys_.emplace_back(key); }
  std::vector<std::string> keys_{"name"};
};

template <class T>
std::vector<std::string> keys_of() {
  KeyCollector collector;
  T thing{};
  fields(collector, thing);
  return collector.keys();
}

inline Form with_revision(Form form, Tx& tx, Table table, std::int64_t id) {
  form.revision = static_cast<int>(store::revisions::of(tx, table, id));
  return form;
}

inline void check_revision(const Form& form, std::int64_t now) {
  if (form.revision && *form.revision != now)
    throw Failure(Fault::conflict,
                  Text{"書き出した後に変更されています (改訂 {}、今は {})",
                       "was changed after it was exported (revision {}, now {})"},
                  *form.revision, now);
}

// How a noun's things are found, made and changed. `noun` as in lib/store/names.h.
template <class T>
struct Store {
  const char* noun;
  Table table;
  std::function<std::vector<T>(Tx&)> list;
  std::function<T(Tx&, std::int64_t)> get;
  std::function<std::int64_t(Tx&, const T&)> add;
  std::function<void(Tx&, const T&)> update;
  // What a changed thing takes over from what it was before the form is read.
  std::function<void(T&, const T&)> keep = [](T&, const T&) {};
  // Of nouns that come by the thousand: several in one statement, which is refused whole if one of them is.
  struct Many {
    std::function<std::vector<T>(Tx&, const std::vector<std::int64_t>&)> get;
    std::function<std::vector<std::int64_t>(Tx&, const std::vector<T>&)> add;
    std::function<void(Tx&, const std::vector<T>&)> update;
  };
  std::optional<Many> many = {};
};

// What is there of a form's name.
template <class T>
struct Found {
  std::int64_t revision = 0;
  T thing{};
};

template <class T>
std::optional<Found<T>> find(Tx& tx, FormNames& names, const Store<T>& store, const Form& form) {
  auto id = names.find(store.noun, form.name);
  if (!id) return std::nullopt;
  auto revision = store::revisions::lock(tx, store.table, *id);
  return Found<T>{revision, store.get(tx, *id)};
}

// What a form wants to be there.
template <class T>
struct Wanted {
  Change change;
  T thing{};
};

template <class T>
Wanted<T> wanted_of(FormNames& names, const Sealer& seal, const Store<T>& store, const Form& form,
                    const std::optional<Found<T>>& found) {
  Wanted<T> wanted;
  auto& [change, thing] = wanted;
  if (found) {
    check_revision(form, found->revision);
    change.before = form_of(found->thing, names);
    thing.id = found->thing.id;
    store.keep(thing, found->thing);
  }
  thing.name = form.name;
  FormReader reader(form, names, seal);
  fields(reader, thing);
  reader.finish();
  thing = domain::checked(std::move(thing));
  change.after = form_of(thing, names);
  change.new_secrets = reader.new_secrets();
  if (!found)
    change.how = Change::How::added;
  else if (change.new_secrets || change.before.entries != change.after.entries)
    change.how = Change::How::changed;
  return wanted;
}

template <class T>
void write(Tx& tx, FormNames& names, const Store<T>& store, const Wanted<T>& wanted) {
  if (wanted.change.how == Change::How::added)
    names.learn(store.noun, wanted.thing.name, store.add(tx, wanted.thing));
  if (wanted.change.how == Change::How::changed) store.update(tx, wanted.thing);
}

// The same for several at once.
template <class T>
std::map<std::string, Found<T>> find_all(Tx& tx, FormNames& names, const Store<T>& store, std::span<const Form> forms) {
  std::vector<std::int64_t> ids;
  for (const auto& form : forms)
    if (auto id = names.find(store.noun, form.name)) ids.push_back(*id);
  std::map<std::string, Found<T>> found;
  if (ids.empty()) return found;
  auto revisions = store::revisions::lock_all(tx, store.table, ids);
  for (auto& thing : store.many->get(tx, ids))
    if (auto revision = revisions.find(thing.id.value()); revision != revisions.end()) {
      auto name = thing.name;
      found.emplace(std::move(name), Found<T>{revision->second, std::move(thing)});
    }
  return found;
}

template <class T>
void write_all(Tx& tx, FormNames& names, const Store<T>& store, const std::vector<Wanted<T>>& all) {
  std::vector<T> fresh, changed;
  for (const auto& wanted : all) {
    if (wanted.change.how == Change::How::added) fresh.push_back(wanted.thing);
    if (wanted.change.how == Change::How::changed) changed.push_back(wanted.thing);
  }
  if (!changed.empty()) store.many->update(tx, changed);
  if (fresh.empty()) return;
  auto ids = store.many->add(tx, fresh);
  for (std::size_t i = 0; i < fresh.size(); ++i) names.learn(store.noun, fresh[i].name, ids[i]);
}

template <class T>
std::vector<Outcome> put_all(Tx& tx, FormNames& names, const Sealer& seal, const Store<T>& store,
                             std::span<const Form> forms) {
  std::vector<Outcome> outcomes;
  std::vector<Wanted<T>> all;
  std::vector<std::size_t> places;  // of each, in `outcomes`
  std::map<std::string, Found<T>> known;
  try {
    tx.part([&] { known = find_all(tx, names, store, forms); });
  } catch (const std::exception&) {
    if (!tx.usable()) throw;  // else each looks for its own, and the one whose fault it is complains
  }
  for (const auto& form : forms) {
    outcomes.push_back(attempted([&] {
      auto there = known.find(form.name);
      all.push_back(wanted_of(names, seal, store, form,
                              there != known.end() ? std::optional(std::move(there->second))
                                                   : find(tx, names, store, form)));
      places.push_back(outcomes.size());
      return all.back().change;
    }));
    if (outcomes.back().wrong && !tx.usable()) return outcomes;
  }
  try {
    tx.part([&] { write_all(tx, names, store, all); });
    return outcomes;
  } catch (const std::exception&) {
    if (!tx.usable()) throw;
  }
  // One by one, which tells whose fault it is.
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto& outcome = outcomes[places[i]];
    auto written = attempted([&] {
      write(tx, names, store, all[i]);
      return Change();
    });
    outcome.wrong = written.wrong;
    if (outcome.wrong && !tx.usable()) break;
  }
  return outcomes;
}

template <class T>
FormNoun named(const char* section, const Text& noun, Store<T> store) {
  FormNoun made{section, noun};
  made.keys = keys_of<T>();
  made.all = [store](Tx& tx, FormNames& names) {
    std::vector<Form> forms;
    auto revisions = store::revisions::all(tx, store.table);
    for (const auto& thing : store.list(tx)) {
      auto form = form_of(thing, names);
      form.name = thing.name;
      form.revision = static_cast<int>(revisions.at(thing.id.value()));
      forms.push_back(std::move(form));
    }
    return forms;
  };
  made.put = [store](Tx& tx, FormNames& names, const Sealer& seal, const Form& form) {
    auto wanted = wanted_of(names, seal, store, form, find(tx, names, store, form));
    write(tx, names, store, wanted);
    return std::move(wanted.change);
  };
  if (store.many)
    made.put_all = [store](Tx& tx, FormNames& names, const Sealer& seal, std::span<const Form> forms) {
      return put_all(tx, names, seal, store, forms);
    };
  return made;
}

// Functions of a room that take the typed id, as they are called here.
template <class T, class Get, class Add, class Update, class List>
Store<T> store_of(const char* noun, Table table, List list, Get get, Add add, Update update) {
  using Id = decltype(T::id);
  return {noun,
          table,
          [list](Tx& tx) { return list(tx); },
          [get](Tx& tx, std::int64_t id) { return get(tx, Id(id)); },
          [add](Tx& tx, const T& thing) { return add(tx, thing).value(); },
          [update](Tx& tx, const T& thing) { update(tx, thing); }};
}

}  // namespace certfleet::cli
