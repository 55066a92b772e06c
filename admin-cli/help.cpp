#include "admin-cli/help.h"

#include "admin-cli/width.h"

namespace certfleet::cli {
namespace {

using Entry = std::pair<std::string, std::string>;  // what is typed, what it means

std::string section(const Text& title, const std::vector<Entry>& entries, Language language) {
  if (entries.empty()) return "";
  int width = 0;
  for (const auto& [left, right] : entries) width = std::max(width, display_width(left));
  std::string out = fmt::format("\n{}:\n", title.in(language));
  for (const auto& [left, right] : entries) {
    auto fill = static_cast<std::size_t>(width - display_width(left) + 2);
    out += "  " + left + std::string(fill, ' ') + right + '\n';
  }
  return out;
}

Entry entry_of(const CLI::Option& option, Language language) {
  std::string left = option.nonpositional() ? option.get_name(false, true) : option.get_name(true);
  if (option.nonpositional() && option.get_items_expected_max() > 0) left += " " + option.get_type_name();
  std::string right = option.get_description();
  if (option.nonpositional() && option.get_required())
    right += Text{" (必須)", " (needed)"}.in(language);
  else if (option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll)
    right += Text{" (複数指定可)", " (may be repeated)"}.in(language);
  return {left, right};
}

}  // namespace

std::string path_of(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : path_of(*app.get_parent()) + " " + app.get_name();
}

std::string Help::usage(const CLI::App& app) const {
  std::string line = path_of(app);
  for (const auto* option : app.get_options())
    if (!option->nonpositional()) line += " " + option->get_name(true);
  if (!app.get_subcommands([](const CLI::App*) { return true; }).empty())
    line += " " + std::string(Text{"コマンド", "COMMAND"}.in(language_));
  return fmt::format("{} [{}]\n", line, Text{"オプション", "OPTIONS"}.in(language_));
}

std::string Help::make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const {
  std::vector<Entry> words;
  std::vector<Entry> own;
  std::vector<Entry> commands;
  for (const auto* option : app->get_options())
    (option->nonpositional() ? own : words).push_back(entry_of(*option, language_));
  for (const auto* sub : app->get_subcommands([](const CLI::App*) { return true; }))
    commands.emplace_back(sub->get_name(), sub->get_description());
  std::string out =
      fmt::format("{}\n\n{}: {}", app->get_description(), Text{"使い方", "Usage"}.in(language_), usage(*app));
  out += section({"コマンド", "Commands"}, commands, language_);
  out += section({"引数", "Arguments"}, words, language_);
  out += section({"オプション", "Options"}, own, language_);
  if (app->get_parent() != nullptr) {
    std::vector<Entry> shared;
    const auto* root = app;
    while (root->get_parent() != nullptr) root = root->get_parent();
    for (const auto* option : root->get_options())
      if (option != root->get_help_ptr()) shared.push_back(entry_of(*option, language_));
    out += section({"共通オプション", "Common options"}, shared, language_);
  }
  if (auto footer = app->get_footer(); !footer.empty()) out += "\n" + footer + "\n";
  return out;
}

}  // namespace certfleet::cli
