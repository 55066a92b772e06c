#include "admin-cli/table.h"

#include <gtest/gtest.h>

#include "admin-cli/times.h"
#include "admin-cli/width.h"

namespace certfleet::cli {
namespace {

Table sample() {
  Table table{{{"name", {"名称", "name"}}, {"site", {"拠点", "site"}}, {"port", {"ポート", "port"}}}, {}, {}};
  table.add({"web1", "幕張DC", 443});
  table.add({"負荷分散装置", "tokyo", std::optional<int>()}, Tone::error);
  return table;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t from = 0; from < text.size();) {
    auto end = text.find('\n', from);
    lines.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return lines;
}

TEST(Table, columns_stay_aligned_where_characters_are_wide) {
  auto lines = lines_of(render(sample(), {}, Language::ja));
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0], "名称          拠点    ポート");
  EXPECT_EQ(lines[1], "web1          幕張DC  443");
  EXPECT_EQ(lines[2], "負荷分散装置  tokyo   -");
}

TEST(Table, it_fits_the_terminal_by_cutting_the_widest_column) {
  Table table{{{"a", {"a", "a"}}, {"b", {"b", "b"}}}, {}, {}};
  table.add({"short", std::string(100, 'x')});
  Terminal terminal;
  terminal.width = 40;
  for (const auto& line : lines_of(render(table, terminal, Language::en))) EXPECT_LE(display_width(line), 40);
  terminal.width = 0;
  EXPECT_GT(render(table, terminal, Language::en).size(), 100U);
}

TEST(Table, colours_are_for_terminals_that_have_them) {
  Terminal terminal;
  EXPECT_EQ(render(sample(), terminal, Language::en).find('\x1b'), std::string::npos);
  terminal.colour = true;
  EXPECT_NE(render(sample(), terminal, Language::en).find("\x1b[31m"), std::string::npos);
}

TEST(Table, json_has_the_values_and_not_what_people_read) {
  Table table{
      {{"state", {"状態", "state"}}, {"names", {"名", "names"}}, {"at", {"時", "at"}}, {"none", {"", ""}}},
      {},
      {}};
  table.add({Cell("under_30").as("30日未満", Tone::warning), std::vector<std::string>{"a", "b"},
             std::chrono::system_clock::from_time_t(0), Cell()});
  EXPECT_EQ(json(table),
            "[\n  {\n    \"state\": \"under_30\",\n    \"names\": [\n      \"a\",\n      \"b\"\n    ],\n"
            "    \"at\": \"1970-01-01T00:00:00Z\",\n    \"none\": null\n  }\n]\n");
}

TEST(Table, json_parses_whatever_the_bytes_are) {
  Table table{{{"name", {"", ""}}}, {}, {}};
  table.add({std::string("\xff\"\n")});
  EXPECT_EQ(json(table), "[\n  {\n    \"name\": \"\uFFFD\\\"\\n\"\n  }\n]\n");
}

}  // namespace
}  // namespace certfleet::cli
