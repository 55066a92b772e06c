#include "admin-cli/document.h"

#include <yaml-cpp/yaml.h>

#include <set>

#include "lib/pki/printable.h"

namespace certfleet::cli {
namespace {

constexpr std::string_view format = "1";

template <class... Arguments>
[[noreturn]] void refuse(int line, const Text& why, const Arguments&... arguments) {
  throw Failure(Fault::usage, Text{"{} 行目: {}", "line {}: {}"}, line, saying(why, arguments...));
}

int line_of(const YAML::Node& node) {
  return node.Mark().line + 1;
}

// ---- writing ----

// PEM and other texts of whole lines are readable as a block.
bool is_block(const std::string& text) {
  return text.size() > 1 && text.ends_with('\n') && text[text.size() - 2] != '\n' && text.front() != ' ' &&
         text.front() != '\n' && text.find_first_of("\r\t") == std::string::npos;
}

void put(YAML::Emitter& out, const FormValue& value) {
  if (const auto* items = std::get_if<std::vector<std::string>>(&value)) {
    out << YAML::Flow << YAML::BeginSeq;
    for (const auto& item : *items) out << item;
    out << YAML::EndSeq;
    return;
  }
  const auto& text = std::get<std::string>(value);
  if (is_block(text))
    out << YAML::Literal << text.substr(0, text.size() - 1);
  else
    out << text;
}

// "order.product" stands as product in the map order; those of one map follow each other.
void put(YAML::Emitter& out, const Form& form) {
  out << YAML::BeginMap;
  if (!form.name.empty()) out << YAML::Key << "name" << YAML::Value << form.name;
  if (form.revision) out << YAML::Key << "revision" << YAML::Value << *form.revision;
  std::string open;
  for (const auto& entry : form.entries) {
    auto dot = entry.key.find('.');
    auto map = dot == std::string::npos ? "" : entry.key.substr(0, dot);
    if (map != open) {
      if (!open.empty()) out << YAML::EndMap;
      if (!map.empty()) out << YAML::Key << map << YAML::Value << YAML::BeginMap;
      open = map;
    }
    out << YAML::Key << (map.empty() ? entry.key : entry.key.substr(dot + 1)) << YAML::Value;
    put(out, entry.value);
  }
  if (!open.empty()) out << YAML::EndMap;
  out << YAML::EndMap;
}

// ---- reading ----

FormValue value_of(const YAML::Node& node, const std::string& key) {
  if (node.IsScalar()) return node.Scalar();
  if (!node.IsSequence()) refuse(line_of(node), {"{}: 値が必要です", "{}: needs a value"}, key);
  std::vector<std::string> items;
  for (const auto& item : node) {
    if (!item.IsScalar())
      refuse(line_of(item), {"{}: 値のリストが必要です", "{}: needs a list of plain values"}, key);
    items.push_back(item.Scalar());
  }
  return items;
}

std::string key_of(const YAML::Node& node) {
  if (!node.IsScalar()) refuse(line_of(node), {"キーが文字ではありません", "a key is no plain text"});
  return node.Scalar();
}

void read_map(const YAML::Node& map, const std::string& prefix, Form& form) {
  std::set<std::string> seen;
  for (const auto& pair : map) {
    auto key = key_of(pair.first);
    auto line = line_of(pair.first);
    if (!seen.insert(key).second) refuse(line, {"{} が 2 度あります", "{} comes twice"}, prefix + key);
    if (pair.second.IsNull()) continue;  // as if it were not there
    if (pair.second.IsMap() && prefix.empty()) {
      read_map(pair.second, key + ".", form);
    } else {
      auto value = value_of(pair.second, prefix + key);
      if (prefix.empty() && key == "name" && std::holds_alternative<std::string>(value))
        form.name = std::get<std::string>(value);
      else
        form.entries.push_back({prefix + key, std::move(value), line});
    }
  }
}

Form read_form(const YAML::Node& node, const std::string& section) {
  if (!node.IsMap()) refuse(line_of(node), {"{}: キーと値が必要です", "{}: needs keys with values"}, section);
  Form form;
  form.line = line_of(node);
  read_map(node, "", form);
  if (const auto* entry = form.find("revision")) {
    auto text = shown(entry->value);
    int number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size())
      refuse(entry->line, {"revision: \"{}\" は数ではありません", "revision: \"{}\" is no number"}, text);
    form.revision = number;
    std::erase_if(form.entries, [](const FormEntry& each) { return each.key == "revision"; });
  }
  return form;
}

DocumentSection read_section(const std::string& name, const YAML::Node& node, int line) {
  DocumentSection section{name, node.IsMap(), {}, line};
  if (section.single) {
    section.forms.push_back(read_form(node, name));
    return section;
  }
  if (!node.IsSequence()) refuse(line, {"{}: リストが必要です", "{}: needs a list"}, name);
  std::set<std::string> names;
  for (const auto& item : node) {
    auto form = read_form(item, name);
    if (form.name.empty()) refuse(form.line, {"{}: name が必要です", "{}: name is needed"}, name);
    if (!names.insert(form.name).second)
      refuse(form.line, {"{}: \"{}\" が 2 度あります", "{}: \"{}\" comes twice"}, name, form.name);
    section.forms.push_back(std::move(form));
  }
  return section;
}

Document read_document(const YAML::Node& root) {
  if (!root.IsMap()) refuse(1, {"certfleet の設定ではありません", "this is no configuration of certfleet"});
  Document document;
  std::set<std::string> seen;
  std::string found_format;
  for (const auto& pair : root) {
    auto name = key_of(pair.first);
    auto line = line_of(pair.first);
    if (!seen.insert(name).second) refuse(line, {"{} が 2 度あります", "{} comes twice"}, name);
    if (name == "format") {
      found_format = pair.second.IsScalar() ? pair.second.Scalar() : "?";
      if (found_format != format)
        refuse(line, {"この版が読むのは形式 {} です", "this version reads format {}"}, format);
    } else if (!pair.second.IsNull()) {
      document.push_back(read_section(name, pair.second, line));
    }
  }
  if (found_format.empty()) refuse(1, {"format: 1 が必要です", "format: 1 is needed"});
  return document;
}

}  // namespace

void require_utf8(std::string_view text) {
  int line = 1;
  for (std::size_t at = 0; at < text.size(); ++line) {
    auto end = std::min(text.find('\n', at), text.size());
    if (!pki::is_utf8(text.substr(at, end - at)))
      refuse(line,
             {"UTF-8 ではありません。UTF-8 で保存し直してください", "is not UTF-8; save the file as UTF-8"});
    at = end + 1;
  }
}

std::string to_yaml(const Document& document) {
  YAML::Emitter out;
  out << YAML::BeginMap << YAML::Key << "format" << YAML::Value << std::string(format);
  for (const auto& section : document) {
    out << YAML::Key << section.name << YAML::Value;
    if (section.single) {
      put(out, section.forms.front());
      continue;
    }
    out << YAML::BeginSeq;
    for (const auto& form : section.forms) put(out, form);
    out << YAML::EndSeq;
  }
  out << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

Document from_yaml(const std::string& text) {
  require_utf8(text);
  try {
    return read_document(YAML::Load(text));
  } catch (const YAML::Exception& error) {
    refuse(error.mark.line + 1, {"YAML ではありません: {}", "this is no YAML: {}"}, error.msg);
  }
}

}  // namespace certfleet::cli
