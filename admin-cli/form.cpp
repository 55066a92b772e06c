#include "admin-cli/form.h"

#include <algorithm>

#include "admin-cli/suggest.h"
#include "lib/store/names.h"

namespace certfleet::cli {
namespace {

constexpr std::string_view file_prefix = "file:";

}  // namespace

const FormEntry* Form::find(std::string_view key) const {
  for (const auto& entry : entries)
    if (entry.key == key) return &entry;
  return nullptr;
}

std::string shown(const FormValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  std::string joined;
  for (const auto& item : std::get<std::vector<std::string>>(value))
    joined += (joined.empty() ? "" : " ") + item;
  return joined;
}

FormNames::Both& FormNames::known(std::string_view noun) {
  auto found = known_.find(noun);
  if (found != known_.end()) return found->second;
  auto& both = known_[std::string(noun)];
  for (auto& [id, name] : store::names::all(tx_, noun)) {
    both.ids.emplace(name, id);
    both.names.emplace(id, std::move(name));
  }
  return both;
}

std::string FormNames::name_of(std::string_view noun, std::int64_t id) {
  auto& names = known(noun).names;
  auto found = names.find(id);
  // A row that its reader may not see is told by its number.
  return found != names.end() ? found->second : "#" + std::to_string(id);
}

std::optional<std::int64_t> FormNames::find(std::string_view noun, std::string_view name) {
  auto& ids = known(noun).ids;
  auto found = ids.find(name);
  return found != ids.end() ? std::optional(found->second) : std::nullopt;
}

void FormNames::learn(std::string_view noun, std::string_view name, std::int64_t id) {
  auto& both = known(noun);
  both.ids.emplace(name, id);
  both.names.emplace(id, name);
}

const FormEntry* FormReader::take(const char* key) {
  asked_.emplace_back(key);
  return form_.find(key);
}

bool FormReader::has(std::string_view prefix) const {
  return std::any_of(form_.entries.begin(), form_.entries.end(), [&](const FormEntry& entry) {
    return entry.key.starts_with(prefix) && entry.key.size() > prefix.size() &&
           entry.key[prefix.size()] == '.';
  });
}

const std::string& FormReader::single(const FormEntry& entry) const {
  if (const auto* text = std::get_if<std::string>(&entry.value)) return *text;
  complain(entry, {"値は 1 つだけです", "needs one value, not a list"});
}

int FormReader::number_of(const FormEntry& entry) const {
  const auto& text = single(entry);
  int number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    complain(entry, {"\"{}\" は数ではありません", "\"{}\" is no number"}, text);
  return number;
}

void FormReader::flag(const char* key, bool& into) {
  const auto* entry = take(key);
  if (entry == nullptr) return;
  const auto& text = single(*entry);
  if (text != "true" && text != "false")
    complain(*entry, {"\"{}\": true か false です", "\"{}\": needs true or false"}, text);
  into = text == "true";
}

void FormReader::list(const char* key, std::vector<std::string>& into) {
  const auto* entry = take(key);
  if (entry == nullptr) return;
  if (const auto* items = std::get_if<std::vector<std::string>>(&entry->value)) {
    into = *items;
    return;
  }
  // On one line, as CSV has it: blanks stand between the items.
  into.clear();
  const auto& text = single(*entry);
  for (std::size_t at = 0; (at = text.find_first_not_of(" \n", at)) != std::string::npos;) {
    auto end = std::min(text.find_first_of(" \n", at), text.size());
    into.push_back(text.substr(at, end - at));
    at = end;
  }
}

std::int64_t FormReader::id_of(const FormEntry& entry, const char* noun) const {
  if (auto id = names_.find(noun, single(entry))) return *id;
  throw Failure(Fault::not_found, Text{"{} 行目: {}: \"{}\" はありません", "line {}: {}: there is no \"{}\""},
                entry.line, entry.key, single(entry));
}

void FormReader::secret(const char* key, std::optional<std::string>& into, bool& set,
                        std::string_view purpose) {
  const auto* entry = take(key);
  into.reset();
  if (entry == nullptr) {
    if (set) into.emplace();  // an empty one takes the stored one away
    set = false;
    return;
  }
  const auto& text = single(*entry);
  if (text == stored_secret) {
    if (!set)
      complain(*entry, {"保存されていません。file:PATH で指定してください",
                        "is not stored here; give it as file:PATH"});
    return;
  }
  if (!text.starts_with(file_prefix))
    complain(*entry,
             {"stored か file:PATH です", "needs stored or file:PATH"});  // never shows what stands there
  into = seal_(text.substr(file_prefix.size()), purpose);
  set = true;
  new_secrets_ = true;
}

void FormReader::finish() const {
  for (const auto& entry : form_.entries) {
    if (std::find(asked_.begin(), asked_.end(), entry.key) != asked_.end()) continue;
    std::string similar;
    for (const auto& name : near(entry.key, {asked_.begin(), asked_.end()}))
      similar += (similar.empty() ? "" : ", ") + name;
    if (similar.empty()) complain(entry, {"不明なキーです", "is an unknown key"});
    complain(entry, {"不明なキーです。もしかして: {}", "is an unknown key; did you mean {}?"}, similar);
  }
}

}  // namespace certfleet::cli
