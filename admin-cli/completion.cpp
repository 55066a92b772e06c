#include "admin-cli/completion.h"

#include <CLI/CLI.hpp>

#include "lib/store/names.h"

namespace certfleet::cli {
namespace {

constexpr std::string_view bash = R"script(# bash completion of certfleet: eval "$(certfleet completion bash)"
_certfleet() {
  local word
  COMPREPLY=()
  while IFS= read -r word; do
    printf -v word '%q' "$word"
    COMPREPLY+=("$word")
  done < <("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _certfleet certfleet
)script";

constexpr std::string_view zsh = R"script(#compdef certfleet
# zsh completion of certfleet: eval "$(certfleet completion zsh)"
_certfleet() {
  local -a found
  found=("${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if (( ${#found} )) && [[ -n ${found[1]} ]]; then compadd -- "${found[@]}"; else _files; fi
}
compdef _certfleet certfleet
)script";

// Where the words before the last have led.
struct Place {
  const CLI::App* app;                 // the innermost command
  const CLI::Option* value = nullptr;  // the option whose value comes next
  std::size_t arguments = 0;           // words in their places, so far
};

const CLI::Option* option_named(const CLI::App* app, const std::string& word) {
  for (; app != nullptr; app = app->get_parent())
    for (const auto* option : app->get_options())
      if (option->nonpositional() && option->check_name(word)) return option;
  return nullptr;
}

bool takes_value(const CLI::Option& option) {
  return option.get_items_expected_max() > 0;
}

const CLI::App* subcommand(const CLI::App& app, const std::string& word) {
  for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    if (sub->get_name() == word) return sub;
  return nullptr;
}

Place walk(const CLI::App& root, const std::vector<std::string>& words) {
  Place place{&root};
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const auto& word = words[i];
    if (place.value != nullptr) {
      place.value = nullptr;
    } else if (word.starts_with('-')) {
      const auto* option = option_named(place.app, word);
      if (option != nullptr && takes_value(*option)) place.value = option;
    } else if (const auto* sub = subcommand(*place.app, word); sub != nullptr) {
      place.app = sub;
    } else {
      ++place.arguments;
    }
  }
  return place;
}

std::vector<std::string> beginning_with(std::vector<std::string> words, std::string_view beginning) {
  std::erase_if(words, [&](const std::string& word) { return !word.starts_with(beginning); });
  return words;
}

// "rsa-2048|rsa-4096" names its values; "--service NAME" is the name of one.
std::vector<std::string> values_of(const CLI::Option& option, std::string_view beginning,
                                   const LiveNames& names) {
  auto type = option.get_type_name();
  std::vector<std::string> words;
  if (type.find('|') != std::string::npos) {
    for (std::size_t at = 0, end = 0; end != std::string::npos; at = end + 1) {
      end = type.find('|', at);
      words.push_back(type.substr(at, end - at));
    }
    return beginning_with(std::move(words), beginning);
  }
  auto noun = option.get_lnames().empty() ? std::string() : option.get_lnames().front();
  return type == "NAME" && !store::names::table_of(noun).empty() ? names(noun, beginning)
                                                                 : std::vector<std::string>();
}

std::vector<std::string> options_of(const CLI::App* app) {
  std::vector<std::string> words;
  for (; app != nullptr; app = app->get_parent())
    for (const auto* option : app->get_options())
      for (const auto& name : option->get_lnames()) words.push_back("--" + name);
  return words;
}

// The name of a thing that is there: the first word of every verb of its noun but `add`.
bool names_a_thing(const Place& place) {
  if (place.arguments > 0 || place.app->get_parent() == nullptr || place.app->get_name() == "add")
    return false;
  for (const auto* option : place.app->get_options())
    if (!option->nonpositional()) return option->get_name(true) == "NAME";
  return false;
}

}  // namespace

std::vector<std::string> complete(const CLI::App& root, const std::vector<std::string>& words,
                                  const LiveNames& names) {
  std::string_view last = words.empty() ? std::string_view() : std::string_view(words.back());
  auto place = walk(root, words);
  if (place.value != nullptr) return values_of(*place.value, last, names);
  if (last.starts_with('-')) return beginning_with(options_of(place.app), last);
  std::vector<std::string> commands;
  for (const auto* sub : place.app->get_subcommands([](const CLI::App*) { return true; }))
    commands.push_back(sub->get_name());
  if (!commands.empty()) return beginning_with(std::move(commands), last);
  return names_a_thing(place) ? names(place.app->get_parent()->get_name(), last) : std::vector<std::string>();
}

std::string_view completion_script(std::string_view shell) {
  return shell == "zsh" ? zsh : bash;
}

}  // namespace certfleet::cli
