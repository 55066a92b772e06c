// The tree of nouns and verbs, over CLI11. Its header is heavy and stays in commands.cpp: a noun's file
// declares its arguments through Verb.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "admin-cli/text.h"

namespace CLI {
class App;
}

namespace certfleet::cli {

class Context;

// One verb's arguments while they are declared. What is declared must live as long as the command line.
class Verb {
 public:
  // A word in its place, needed; or not.
  Verb& argument(std::string& into, const char* name, Text about);
  Verb& argument(std::optional<std::string>& into, const char* name, Text about);

  // --name VALUE
  Verb& option(std::string& into, const char* name, const char* value, Text about);
  Verb& option(std::optional<std::string>& into, const char* name, const char* value, Text about);
  Verb& option(std::optional<int>& into, const char* name, const char* value, int lowest, int highest,
               Text about);
  // One of a few words.
  Verb& choice(std::optional<std::string>& into, const char* name, std::vector<std::string> words,
               Text about);
  Verb& choice(std::optional<bool>& into, const char* name, Text about);  // on or off
  // The same, as often as one likes: one of these.
  Verb& choices(std::vector<std::string>& into, const char* name, std::vector<std::string> words, Text about);
  // As often as one likes.
  Verb& list(std::vector<std::string>& into, const char* name, const char* value, Text about);
  Verb& list(std::optional<std::vector<std::string>>& into, const char* name, const char* value, Text about);
  Verb& flag(bool& into, const char* name, Text about);

  Verb& needed();                      // the option declared last
  Verb& not_with(const char* option);  // the option declared last, with one declared before

 private:
  friend class Commands;
  explicit Verb(void* app, Language language) : app_(app), language_(language) {}
  void* app_;             // CLI::App
  void* last_ = nullptr;  // CLI::Option
  Language language_;
};

class Commands {
 public:
  explicit Commands(Context& context);
  ~Commands();
  Commands(const Commands&) = delete;
  Commands& operator=(const Commands&) = delete;

  void noun(const char* name, Text about);

  // `noun` is null for a verb of its own, as `certfleet dashboard`. `example` is shown by --help.
  template <class A>
  void verb(const char* noun, const char* name, Text about, const char* example, void (*declare)(Verb&, A&),
            void (*act)(Context&, const A&)) {
    auto arguments = std::make_shared<A>();
    Verb made =
        make(noun, name, about, example, [arguments, act](Context& context) { act(context, *arguments); });
    if (declare != nullptr) declare(made, *arguments);
  }

  // `certfleet __complete WORD…` prints what may stand in the last one's place (completion.h).
  // Parses, and runs what was asked for. Failure(usage) in one line for a wrong command line. Help and
  // version are printed here.
  void run(int argc, const char* const* argv);

  const CLI::App& tree() const;  // as it was declared

 private:
  void complete_words(const std::vector<std::string>& words);
  Verb make(const char* noun, const char* name, Text about, const char* example,
            std::function<void(Context&)> action);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct NoArguments {};

}  // namespace certfleet::cli
