// What every command has: the options that all share, the connection, the output, the person's language.
#pragma once

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "admin-cli/table.h"
#include "admin-cli/terminal.h"
#include "admin-cli/text.h"
#include "lib/base/error.h"
#include "lib/store/transaction.h"

namespace certfleet::cli {

struct GlobalOptions {
  std::string config;
  std::string lang;
  bool json = false;
  bool yes = false;
};

// Standard output, in the form that was asked for.
class Output {
 public:
  Output(const GlobalOptions& options, Terminal terminal, Language language)
      : options_(options), terminal_(terminal), language_(language) {}

  void show(const Table& table);
  void show(const Record& record);
  // What was done: a sentence for people, the record for programs.
  void done(const std::string& sentence, const Record& record);
  // For people only; nothing under --json.
  void line(const std::string& text, Tone tone = Tone::plain);
  void raw(const std::string& text);  // Failure(permanent) if it can't be written
  void flush();
  // A page of a list that goes on: how many rows come behind (counted up to `counted_max`), and behind which name the
  // next page begins. For people below the table; for programs as {"more": 7, "after": "shop"} on standard error, so
  // that standard output is the rows alone.
  void goes_on(int more, int counted_max, const std::string& after);
  // A remark that is no part of the output: for people, on standard error.
  void note(const std::string& text);
  // From now on everything goes there, and without colours if it is not standard output.
  void into(std::FILE* stream);

  const Terminal& terminal() const { return terminal_; }

 private:
  const GlobalOptions& options_;
  Terminal terminal_;
  Terminal own_terminal_ = terminal_;  // of standard output
  std::FILE* stream_ = stdout;
  Language language_;
};

class Context {
 public:
  explicit Context(Language language);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  GlobalOptions& options() { return options_; }
  Language language() const { return language_; }
  Output& out() { return out_; }
  std::string say(const Text& text) const { return std::string(text.in(language_)); }
  template <class... Arguments>
  std::string say(const Text& text, const Arguments&... arguments) const {
    return text.with(language_, arguments...);
  }
  template <class... Arguments>
  [[noreturn]] void fail(Fault fault, const Text& text, const Arguments&... arguments) const {
    throw Failure(fault, text, arguments...);
  }

  // The database of the configuration, its schema checked; times are in the installation's zone from here on.
  store::Database& database();
  // The same for looks that come again and again. An answer is waited for as daemons do, not as long as for a person's
  // one statement.
  store::Database& database_for_looks();

  // Asks and waits for "y"; true at once under --yes. Failure(usage) if there is nobody to ask.
  bool confirmed(const std::string& question);

 private:
  GlobalOptions options_;
  Language language_;
  Output out_;
  std::string dsn_;
  std::optional<store::Database> database_;
};

// Exit code 3 with near names for a name that is not there. `what` in the person's language: "service".
[[noreturn]] void no_such(const Context& context, const Text& what, std::string_view name,
                          const std::vector<std::string>& names);

}  // namespace certfleet::cli
