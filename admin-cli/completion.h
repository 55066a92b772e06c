// Completion of what is being typed, for shells: from the tree of commands, and from the live names.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace certfleet::cli {

// The word that makes the command answer with candidates: `certfleet __complete WORD… BEGINNING`.
inline constexpr std::string_view completion_verb = "__complete";

// Names of a noun that begin so; empty if there are none or they can't be had.
using LiveNames = std::function<std::vector<std::string>(std::string_view noun, std::string_view beginning)>;

// What may stand in the place of the last of `words`, those before it being complete. Empty where a file or a
// free text is meant: the shell does what it does by default.
std::vector<std::string> complete(const CLI::App& root, const std::vector<std::string>& words, const LiveNames& names);

// The script that a shell reads: "bash" or "zsh".
std::string_view completion_script(std::string_view shell);

}  // namespace certfleet::cli
