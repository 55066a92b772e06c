#include "admin-cli/csv.h"

#include <csv.h>

#include <algorithm>
#include <set>

#include "admin-cli/document.h"
#include "admin-cli/suggest.h"

namespace certfleet::cli {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

struct Row {
  int line = 0;
  std::vector<std::string> values;
};

class Parser {
 public:
  Parser() {
    if (csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI) != 0) throw std::bad_alloc();
  }
  ~Parser() { csv_free(&parser_); }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  // Line by line, so that a row knows where it stands.
  std::vector<Row> rows(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++line_) {
      auto end = std::min(text.find('\n', at), text.size() - 1) + 1;
      auto line = text.substr(at, end - at);
      if (csv_parse(&parser_, line.data(), line.size(), take_value, take_row, this) != line.size()) fail();
      bool blank = begin_ == line_ && line.find_first_not_of("\r\n") == std::string_view::npos;
      if (std::exchange(ended_, false) || blank) begin_ = line_ + 1;
      at = end;
    }
    if (csv_fini(&parser_, take_value, take_row, this) != 0) fail();
    return std::move(rows_);
  }

 private:
  [[noreturn]] void fail() {
    throw Failure(Fault::usage,
                  Text{"{} 行目: CSV ではありません (引用符)", "line {}: this is no CSV: a quote is wrong"},
                  begin_);
  }

  static void take_value(void* value, std::size_t size, void* self) {
    auto& parser = *static_cast<Parser*>(self);
    parser.current_.values.emplace_back(static_cast<const char*>(value), size);
  }
  static void take_row(int, void* self) {
    auto& parser = *static_cast<Parser*>(self);
    parser.current_.line = parser.begin_;
    parser.rows_.push_back(std::exchange(parser.current_, {}));
    parser.ended_ = true;
  }

  csv_parser parser_{};
  int line_ = 1;
  int begin_ = 1;  // the line on which the row began that is read now
  bool ended_ = false;
  Row current_;
  std::vector<Row> rows_;
};

void check_keys(const Row& head, const std::vector<std::string>& keys) {
  std::set<std::string> seen;
  for (const auto& key : head.values) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
      std::string similar;
      for (const auto& name : near(key, keys)) similar += (similar.empty() ? "" : ", ") + name;
      throw Failure(Fault::usage,
                    similar.empty() ? Text{"{} 行目: 不明な列 \"{}\"", "line {}: unknown column \"{}\""}
                                    : Text{"{} 行目: 不明な列 \"{}\"。もしかして: {}",
                                           "line {}: unknown column \"{}\"; did you mean {}?"},
                    head.line, key, similar);
    }
    if (!seen.insert(key).second)
      throw Failure(Fault::usage,
                    Text{"{} 行目: 列 {} が 2 度あります", "line {}: the column {} comes twice"}, head.line,
                    key);
  }
  if (!seen.contains("name"))
    throw Failure(Fault::usage, Text{"{} 行目: 列 name が必要です", "line {}: the column name is needed"},
                  head.line);
}

Form form_of(const Row& head, const Row& row) {
  Form form;
  form.line = row.line;
  for (std::size_t i = 0; i < row.values.size(); ++i) {
    const auto& value = row.values[i];
    if (value.empty()) continue;
    if (head.values[i] == "name")
      form.name = value;
    else
      form.entries.push_back({head.values[i], value, row.line});
  }
  return form;
}

std::string quoted(const std::string& value) {
  if (value.find_first_of(",\"\r\n") == std::string::npos && !value.starts_with(' ') && !value.ends_with(' '))
    return value;
  std::string out(csv_write(nullptr, 0, value.data(), value.size()), '\0');
  csv_write(out.data(), out.size(), value.data(), value.size());
  return out;
}

}  // namespace

CsvForms from_csv(const std::string& text, const std::vector<std::string>& keys) {
  require_utf8(text);
  std::string_view rest = text;
  if (rest.starts_with(byte_order_mark)) rest.remove_prefix(byte_order_mark.size());  // spreadsheets begin so
  auto rows = Parser().rows(rest);
  if (rows.empty()) throw Failure(Fault::usage, Text{"空です", "is empty"});
  const auto head = rows.front();
  check_keys(head, keys);
  CsvForms found;
  std::map<std::string, int> lines;
  for (auto row = rows.begin() + 1; row != rows.end(); ++row) {
    auto wrong = [&](const Text& why, const auto&... arguments) {
      found.wrong.push_back(saying({"{} 行目: {}", "line {}: {}"}, row->line, saying(why, arguments...)));
    };
    if (row->values.size() > head.values.size()) {
      wrong({"値が {} 個あります (列は {} 個)", "has {} values for {} columns"}, row->values.size(),
            head.values.size());
      continue;
    }
    auto form = form_of(head, *row);
    if (form.name.empty() && form.entries.empty()) continue;  // a line of commas
    auto [before, first] = lines.emplace(form.name, row->line);
    if (form.name.empty())
      wrong({"name が必要です", "name is needed"});
    else if (!first)
      wrong({"\"{}\" は {} 行目にもあります", "\"{}\" stands on line {} too"}, form.name, before->second);
    else
      found.forms.push_back(std::move(form));
  }
  return found;
}

std::string to_csv(const std::vector<Form>& forms, const std::vector<std::string>& keys) {
  std::string out;
  for (const auto& key : keys) out += (out.empty() ? "" : ",") + key;
  out += "\r\n";
  for (const auto& form : forms) {
    std::string line;
    for (const auto& key : keys) {
      const auto* entry = form.find(key);
      if (key != keys.front()) line += ',';
      line += key == "name" ? quoted(form.name) : entry != nullptr ? quoted(shown(entry->value)) : "";
    }
    out += line + "\r\n";
  }
  return out;
}

}  // namespace certfleet::cli
