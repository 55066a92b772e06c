// No text is left in one language: what the command declares, and every pair in the sources.
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "admin-cli/commands.h"
#include "admin-cli/context.h"
#include "admin-cli/nouns.h"

namespace certfleet::cli {
namespace {

// Kana, Han and wide forms: U+3000 and later.
bool japanese(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0xe3; });
}

std::vector<const CLI::App*> subcommands(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

// Calls `look` with everything that --help shows of `app` and what is below it.
template <class F>
void descriptions(const CLI::App& app, const std::string& path, F&& look) {
  look(path, app.get_description());
  for (const auto* option : app.get_options()) look(path + " " + option->get_name(), option->get_description());
  for (const auto* sub : subcommands(app)) descriptions(*sub, path + " " + sub->get_name(), look);
}

class Tree {
 public:
  explicit Tree(Language language) : context_(language), commands_(context_) { add_nouns(commands_); }
  const CLI::App& root() const { return commands_.tree(); }

 private:
  Context context_;
  Commands commands_;
};

TEST(Languages, the_help_of_every_command_and_option_is_there_in_both) {
  Tree ja(Language::ja);
  Tree en(Language::en);
  descriptions(ja.root(), "certfleet", [](const std::string& path, const std::string& text) {
    EXPECT_TRUE(japanese(text)) << path << ": \"" << text << "\" is not Japanese";
  });
  descriptions(en.root(), "certfleet", [](const std::string& path, const std::string& text) {
    EXPECT_FALSE(text.empty()) << path;
    EXPECT_FALSE(japanese(text)) << path << ": \"" << text << "\" is not English";
  });
}

void check_examples(const CLI::App& app, const std::string& path) {
  auto below = subcommands(app);
  if (below.empty()) {
    EXPECT_NE(app.get_footer().find(path.substr(0, path.rfind(' ') + 1)), std::string::npos)
        << path << " shows no example";
  }
  for (const auto* sub : below) check_examples(*sub, path + " " + sub->get_name());
}

TEST(Languages, every_verb_shows_an_example_of_itself) {
  Tree en(Language::en);
  check_examples(en.root(), "certfleet");
}

// ---- Pairs in the sources: {"日本語 {}", "English {}"}. ----

// A literal with those that follow it directly, as the compiler joins them; `at` goes behind. Empty: none here.
std::string literal(const std::string& text, std::size_t& at) {
  std::string joined;
  auto blank = [&] { at = std::min(text.find_first_not_of(" \n", at), text.size()); };
  for (blank(); at < text.size() && text[at] == '"'; blank()) {
    for (++at; at < text.size() && text[at] != '"'; ++at) {
      if (text[at] == '\\') ++at;
      joined += text[at];
    }
    ++at;
  }
  return joined;
}

// Which arguments the text names; {} takes the next one.
std::set<std::string> places(const std::string& text) {
  std::set<std::string> found;
  int next = 0;
  for (std::size_t at = 0; (at = text.find('{', at)) != std::string::npos; ++at) {
    auto place = text.substr(at + 1, text.find_first_of(":}", at) - at - 1);
    found.insert(place.empty() ? std::to_string(next++) : place);
  }
  return found;
}

int check_pairs(const std::filesystem::path& file) {
  std::ostringstream content;
  content << std::ifstream(file).rdbuf();
  auto text = content.str();
  int pairs = 0;
  for (std::size_t brace = 0; (brace = text.find('{', brace)) != std::string::npos; ++brace) {
    auto at = brace + 1;
    auto ja = literal(text, at);
    if (ja.empty() || !japanese(ja) || text[at] != ',') continue;
    auto en = literal(text, ++at);
    if (text[at] != '}') continue;
    ++pairs;
    if (en == "{}") continue;  // the server's own words, where only these are English
    EXPECT_FALSE(en.empty()) << file << ": " << ja;
    EXPECT_EQ(places(ja), places(en)) << file << ": " << ja << " / " << en;
  }
  return pairs;
}

TEST(Languages, both_texts_of_a_pair_have_the_same_places) {
  int pairs = 0;
  for (const auto* room : {"admin-cli", "lib", "workers", "producers", "broker"})
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(std::filesystem::path(CERTFLEET_SOURCE) / room))
      if (entry.path().extension() == ".cpp" || entry.path().extension() == ".h") pairs += check_pairs(entry.path());
  EXPECT_GT(pairs, 300);  // they are found
}

}  // namespace
}  // namespace certfleet::cli
