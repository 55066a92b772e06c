// A thing of the configuration as documents have it: a name, and keys with values in a fixed order. One
// description of each noun (form_fields.h) serves export, import and what is compared between the two.
#pragma once

#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/base/error.h"
#include "lib/store/transaction.h"

namespace certfleet::cli {

using FormValue = std::variant<std::string, std::vector<std::string>>;

struct FormEntry {
  std::string key;  // "group", or with its map "order.product"
  FormValue value;
  int line = 0;  // of the document; 0: made here

  bool operator==(const FormEntry& other) const { return key == other.key && value == other.value; }
};

struct Form {
  std::string name;  // empty: there is one of the kind only
  std::optional<int> revision;
  std::vector<FormEntry> entries;
  int line = 0;

  const FormEntry* find(std::string_view key) const;
};

std::string shown(const FormValue& value);

// Names of what forms refer to, both ways; each noun is read once. `noun` as in lib/store/names.h.
class FormNames {
 public:
  explicit FormNames(store::Tx& tx) : tx_(tx) {}

  std::string name_of(std::string_view noun, std::int64_t id);
  std::optional<std::int64_t> find(std::string_view noun, std::string_view name);
  void learn(std::string_view noun, std::string_view name, std::int64_t id);
  void forget(std::string_view noun) { known_.erase(std::string(noun)); }

 private:
  struct Both {
    std::map<std::string, std::int64_t, std::less<>> ids;
    std::map<std::int64_t, std::string> names;
  };
  Both& known(std::string_view noun);

  store::Tx& tx_;
  std::map<std::string, Both, std::less<>> known_;
};

// What a document says of a secret that is set: it stays as it is. A new one comes as "file:PATH".
inline constexpr std::string_view stored_secret = "stored";

// From a thing to its form: what is empty or not set is left out.
class FormWriter {
 public:
  FormWriter(Form& form, FormNames& names) : form_(form), names_(names) {}

  void text(const char* key, const std::string& value) {
    if (!value.empty()) add(key, value);
  }
  void text(const char* key, const std::optional<std::string>& value) {
    if (value) add(key, *value);
  }
  void number(const char* key, int value) { add(key, std::to_string(value)); }
  void number(const char* key, const std::optional<int>& value) {
    if (value) number(key, *value);
  }
  void flag(const char* key, bool value) { add(key, value ? "true" : "false"); }
  void list(const char* key, const std::vector<std::string>& values) {
    if (!values.empty()) add(key, values);
  }
  template <class Id>
  void reference(const char* key, const char* noun, Id id) {
    if (id) add(key, names_.name_of(noun, id.value()));
  }
  template <class Word>
  void word(const char* key, Word value, std::string_view (*to)(Word),
            std::optional<Word> (*)(std::string_view)) {
    add(key, std::string(to(value)));
  }
  template <class Word>
  void word(const char* key, const std::optional<Word>& value, std::string_view (*to)(Word),
            std::optional<Word> (*)(std::string_view)) {
    if (value) add(key, std::string(to(*value)));
  }
  void secret(const char* key, const std::optional<std::string>&, bool set, std::string_view) {
    if (set) add(key, std::string(stored_secret));
  }
  // Whether what follows, in a map of its own, is there.
  template <class T>
  bool group(const char*, const std::optional<T>& part) {
    return part.has_value();
  }
  // What would say nothing is not written; it may be read.
  bool only_if(bool condition) { return condition; }

 private:
  void add(const char* key, FormValue value) { form_.entries.push_back({key, std::move(value)}); }

  Form& form_;
  FormNames& names_;
};

// How a new secret is sealed: (bytes, purpose) to a box.
using Sealer = std::function<std::string(const std::string& file, std::string_view purpose)>;

// From a form to a thing that was made with its defaults; keys that the form lacks leave them. Each complaint
// is a Failure(usage | not_found) with the line and the key.
class FormReader {
 public:
  FormReader(const Form& form, FormNames& names, const Sealer& seal)
      : form_(form), names_(names), seal_(seal) {}

  void text(const char* key, std::string& into) {
    if (const auto* entry = take(key)) into = single(*entry);
  }
  void text(const char* key, std::optional<std::string>& into) {
    if (const auto* entry = take(key)) into = single(*entry);
  }
  void number(const char* key, int& into) {
    if (const auto* entry = take(key)) into = number_of(*entry);
  }
  void number(const char* key, std::optional<int>& into) {
    if (const auto* entry = take(key)) into = number_of(*entry);
  }
  void flag(const char* key, bool& into);
  void list(const char* key, std::vector<std::string>& into);
  template <class Id>
  void reference(const char* key, const char* noun, Id& into) {
    if (const auto* entry = take(key)) into = Id(id_of(*entry, noun));
  }
  template <class Word>
  void word(const char* key, Word& into, std::string_view (*)(Word),
            std::optional<Word> (*from)(std::string_view)) {
    if (const auto* entry = take(key)) into = word_of(*entry, from);
  }
  template <class Word>
  void word(const char* key, std::optional<Word>& into, std::string_view (*)(Word),
            std::optional<Word> (*from)(std::string_view)) {
    if (const auto* entry = take(key)) into = word_of(*entry, from);
  }
  // A stored one must be `set`; a new one is sealed into `into`; one that the form lacks is removed: an empty one
  // does that. Afterwards `set` says whether there is one once the thing is written.
  void secret(const char* key, std::optional<std::string>& into, bool& set, std::string_view purpose);
  template <class T>
  bool group(const char* prefix, std::optional<T>& part) {
    if (!has(prefix)) return false;
    part.emplace();
    return true;
  }
  bool only_if(bool) { return true; }

  // Failure(usage) for the first key that nobody asked for, with near ones.
  void finish() const;
  bool new_secrets() const { return new_secrets_; }

 private:
  const FormEntry* take(const char* key);
  bool has(std::string_view prefix) const;
  const std::string& single(const FormEntry& entry) const;
  int number_of(const FormEntry& entry) const;
  std::int64_t id_of(const FormEntry& entry, const char* noun) const;
  template <class Word>
  Word word_of(const FormEntry& entry, std::optional<Word> (*from)(std::string_view)) const {
    if (auto word = from(single(entry))) return *word;
    complain(entry, {"\"{}\" という値はありません", "unknown value \"{}\""}, single(entry));
  }
  template <class... Arguments>
  [[noreturn]] static void complain(const FormEntry& entry, const Text& why, const Arguments&... arguments) {
    throw Failure(Fault::usage, Text{"{} 行目: {}: {}", "line {}: {}: {}"}, entry.line, entry.key,
                  saying(why, arguments...));
  }

  const Form& form_;
  FormNames& names_;
  const Sealer& seal_;
  std::vector<std::string_view> asked_;
  bool new_secrets_ = false;
};

}  // namespace certfleet::cli
