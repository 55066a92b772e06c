#include "admin-cli/context.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "admin-cli/configuration.h"
#include "admin-cli/login_file.h"
#include "admin-cli/suggest.h"
#include "admin-cli/times.h"
#include "admin-cli/width.h"
#include "lib/store/dsn.h"
#include "lib/store/schema.h"
#include "lib/store/settings.h"

namespace certfleet::cli {

void Output::raw(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stream_) != text.size())
    throw Failure(Fault::permanent, Text{"出力できません: {}", "the output can't be written: {}"}, std::strerror(errno));
}

void Output::flush() {
  if (std::fflush(stream_) != 0)
    throw Failure(Fault::permanent, Text{"出力できません: {}", "the output can't be written: {}"}, std::strerror(errno));
}

void Output::note(const std::string& text) {
  if (!options_.json) std::fputs((text + "\n").c_str(), stderr);
}

void Output::goes_on(int more, int counted_max, const std::string& after) {
  if (more == 0) return;
  if (options_.json) {
    auto rest = json_line({{{"more", {"残り", "more"}, more}, {"after", {"次", "after"}, after}}, {}});
    std::fputs(rest.c_str(), stderr);
    return;
  }
  auto text = more > counted_max ? Text{"ほかに {} 件以上: --after \"{}\"", "more than {} more: --after \"{}\""}
                                 : Text{"ほかに {} 件: --after \"{}\"", "{} more: --after \"{}\""};
  line(text.with(language_, std::min(more, counted_max), printable(after)));
}

void Output::into(std::FILE* stream) {
  stream_ = stream;
  terminal_ = stream == stdout ? own_terminal_ : Terminal();
}

void Output::show(const Table& table) {
  if (options_.json) return raw(json(table));
  if (table.rows.empty()) {
    // An empty list is no row for a program that reads the table.
    return note(std::string(Text{"該当なし", "none"}.in(language_)));
  }
  raw(render(table, terminal_, language_));
}

void Output::show(const Record& record) {
  raw(options_.json ? json(record) : render(record, terminal_, language_));
}

void Output::done(const std::string& sentence, const Record& record) {
  if (options_.json) return raw(json(record));
  line(sentence);
}

void Output::line(const std::string& text, Tone tone) {
  if (!options_.json) raw(coloured(text, tone, terminal_) + '\n');
}

Context::Context(Language language) : language_(language), out_(options_, Terminal::of_output(), language) {}
Context::~Context() = default;

store::Database& Context::database() {
  if (database_) return *database_;
  dsn_ = find_configuration(options_.config).dsn;
  auto login = find_login(dsn_);
  if (login) dsn_ = store::dsn::for_user(dsn_, login->user, login->file);
  database_.emplace(store::DatabaseSettings{dsn_, "certfleet", 60'000});
  try {
    store::require_schema(*database_);
    use_zone(database_->reading([](store::Tx& tx) { return store::settings::get(tx); }).time_zone);
  } catch (const Failure& failure) {
    if (failure.fault() != Fault::denied) throw;
    fail(Fault::denied, {"{}。certfleet login でログインしてください", "{}; log in with certfleet login"},
         failure.text());
  }
  return *database_;
}

store::Database& Context::database_for_looks() {
  database();
  return database_.emplace(store::DatabaseSettings{dsn_, "certfleet --follow"});
}

bool Context::confirmed(const std::string& question) {
  if (options_.yes) return true;
  if (::isatty(STDIN_FILENO) == 0)
    fail(Fault::usage,
         {"{} 端末がないため確認できません。--yes を付けてください",
          "{} There is no terminal to ask on: add --yes"},
         question);
  std::fprintf(stderr, "%s [y/N] ", question.c_str());
  std::array<char, 16> answer{};
  if (std::fgets(answer.data(), answer.size(), stdin) == nullptr) return false;
  return answer[0] == 'y' || answer[0] == 'Y';
}

void no_such(const Context& context, const Text& what, std::string_view name,
             const std::vector<std::string>& names) {
  auto found = near(name, names);
  std::string joined;
  for (const auto& candidate : found) joined += (joined.empty() ? "" : ", ") + candidate;
  auto noun = context.say(what);
  if (joined.empty()) context.fail(Fault::not_found, {"{} {} はありません", "there is no {} {}"}, noun, name);
  context.fail(Fault::not_found,
               {"{} {} はありません。もしかして: {}", "there is no {} {}; did you mean {}?"}, noun, name,
               joined);
}

}  // namespace certfleet::cli
