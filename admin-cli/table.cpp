#include "admin-cli/table.h"

#include <algorithm>

#include "admin-cli/times.h"
#include "admin-cli/width.h"
#include "lib/base/error.h"

namespace certfleet::cli {
namespace {

constexpr int gap = 2;               // columns between columns
constexpr int column_width_min = 8;  // what is narrower says nothing any more

std::string shown(const Cell& cell, Language language) {
  if (cell.shown) return printable(*cell.shown);
  if (std::holds_alternative<std::nullptr_t>(cell.value)) return "-";
  if (const auto* flag = std::get_if<bool>(&cell.value))
    return std::string((*flag ? Text{"はい", "yes"} : Text{"いいえ", "no"}).in(language));
  if (const auto* number = std::get_if<std::int64_t>(&cell.value)) return std::to_string(*number);
  if (const auto* text = std::get_if<std::string>(&cell.value)) return printable(*text);
  std::string joined;
  for (const auto& item : std::get<std::vector<std::string>>(cell.value))
    joined += (joined.empty() ? "" : ", ") + printable(item);
  return joined.empty() ? "-" : joined;
}

// Takes columns from the widest until the line fits; a terminal that is too narrow for all gets long lines.
void shrink(std::vector<int>& widths, int terminal_width) {
  int total = gap * (static_cast<int>(widths.size()) - 1);
  for (int width : widths) total += width;
  while (total > terminal_width) {
    auto widest = std::max_element(widths.begin(), widths.end());
    if (*widest <= column_width_min) return;
    --*widest;
    --total;
  }
}

std::string pad(const std::string& text, int width) {
  auto fill = width - display_width(text);
  return fill > 0 ? text + std::string(static_cast<std::size_t>(fill), ' ') : text;
}

struct Line {
  std::vector<std::string> texts;
  std::vector<Tone> tones;
  Tone whole = Tone::plain;
};

std::string render_line(const Line& line, const std::vector<int>& widths, const Terminal& terminal) {
  std::string out;
  for (std::size_t i = 0; i < line.texts.size(); ++i) {
    auto text = fit(line.texts[i], widths[i]);
    bool last = i + 1 == line.texts.size();
    auto tone = std::max(line.whole, line.tones[i]);
    out += coloured(last ? text : pad(text, widths[i]), tone, terminal);
    if (!last) out += std::string(gap, ' ');
  }
  return out + '\n';
}

}  // namespace

Cell::Cell(WallTime time) : value(iso_utc(time)), shown(local_time(time)) {}
Cell::Cell(const std::optional<WallTime>& time) {
  if (time) *this = Cell(*time);
}

Cell Cell::as(std::string text, Tone wanted) && {
  shown = std::move(text);
  tone = wanted;
  return std::move(*this);
}

Cell Cell::in(Tone wanted) && {
  tone = wanted;
  return std::move(*this);
}

void Table::add(std::vector<Cell> cells, Tone tone) {
  CERTFLEET_INVARIANT(cells.size() == columns.size(), columns.front().key);
  rows.push_back(std::move(cells));
  tones.push_back(tone);
}

std::string coloured(std::string_view text, Tone tone, const Terminal& terminal) {
  if (!terminal.colour || tone == Tone::plain) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", tone == Tone::error ? "31" : "33", text);
}

std::string render(const Table& table, const Terminal& terminal, Language language) {
  std::vector<Line> lines(1);
  for (const auto& column : table.columns) {
    lines[0].texts.emplace_back(column.title.in(language));
    lines[0].tones.push_back(Tone::plain);
  }
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    Line line;
    for (const auto& cell : table.rows[r]) {
      line.texts.push_back(shown(cell, language));
      line.tones.push_back(cell.tone);
    }
    line.whole = table.tones[r];
    lines.push_back(std::move(line));
  }
  std::vector<int> widths(table.columns.size(), 1);
  for (const auto& line : lines)
    for (std::size_t i = 0; i < line.texts.size(); ++i)
      widths[i] = std::max(widths[i], display_width(line.texts[i]));
  if (terminal.width > 0) shrink(widths, terminal.width);
  std::string out;
  for (const auto& line : lines) out += render_line(line, widths, terminal);
  return out;
}

std::string render(const Record& record, const Terminal& terminal, Language language) {
  int width = 1;
  for (const auto& field : record.fields) width = std::max(width, display_width(field.title.in(language)));
  std::string out;
  for (const auto& field : record.fields) {
    out += pad(std::string(field.title.in(language)), width) + std::string(gap, ' ') +
           coloured(shown(field.cell, language), field.cell.tone, terminal) + '\n';
  }
  for (const auto& section : record.sections) {
    if (section.table.rows.empty()) continue;
    out += fmt::format("\n{}\n", section.title.in(language));
    out += render(section.table, terminal, language);
  }
  return out;
}

}  // namespace certfleet::cli
