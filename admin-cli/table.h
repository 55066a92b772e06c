// What the command shows: tables and records, for people as aligned columns, for programs as JSON. One value
// serves both, so that the two can't differ.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "admin-cli/terminal.h"
#include "admin-cli/text.h"
#include "lib/base/clock.h"

namespace certfleet::cli {

// Red and yellow are the manual's colours of errors and warnings (6.1, 7.1).
enum class Tone { plain, warning, error };  // the later one is the graver one

using Value = std::variant<std::nullptr_t, bool, std::int64_t, std::string, std::vector<std::string>>;

// A value, and how people read it where that differs.
struct Cell {
  Value value = nullptr;
  std::optional<std::string> shown;
  Tone tone = Tone::plain;

  Cell() = default;
  Cell(const char* text) : value(std::string(text)) {}       // NOLINT: cells are written as plain values
  Cell(std::string text) : value(std::move(text)) {}         // NOLINT
  Cell(std::string_view text) : value(std::string(text)) {}  // NOLINT
  Cell(std::int64_t number) : value(number) {}               // NOLINT
  Cell(int number) : value(std::int64_t{number}) {}          // NOLINT
  Cell(bool flag) : value(flag) {}                           // NOLINT
  Cell(std::vector<std::string> texts) : value(std::move(texts)) {}  // NOLINT
  Cell(const std::optional<std::string>& text) {
    if (text) value = *text;
  }  // NOLINT
  Cell(const std::optional<int>& number) {
    if (number) value = std::int64_t{*number};
  }                                           // NOLINT
  Cell(WallTime time);                        // NOLINT: JSON has it in UTC
  Cell(const std::optional<WallTime>& time);  // NOLINT
  Cell as(std::string text, Tone in = Tone::plain) &&;
  Cell in(Tone wanted) &&;
};

struct Column {
  const char* key;  // in JSON
  Text title;
};

struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
  std::vector<Tone> tones;  // of whole rows

  void add(std::vector<Cell> cells, Tone tone = Tone::plain);
};

struct Field {
  const char* key;
  Text title;
  Cell cell;
};

struct Section {
  const char* key;
  Text title;
  Table table;
};

struct Record {
  std::vector<Field> fields;
  std::vector<Section> sections;
};

// For people. Columns that don't fit the terminal's width are cut, the widest first.
std::string render(const Table& table, const Terminal& terminal, Language language);
std::string render(const Record& record, const Terminal& terminal, Language language);
std::string coloured(std::string_view text, Tone tone, const Terminal& terminal);

// For programs: an array of objects, or one object, with a line break at the end.
std::string json(const Table& table);
std::string json(const Record& record);
std::string json_line(const Record& record);  // on one line, for streams

}  // namespace certfleet::cli
