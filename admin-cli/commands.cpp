#include "admin-cli/commands.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <limits>

#include "admin-cli/completion.h"
#include "admin-cli/context.h"
#include "admin-cli/help.h"
#include "admin-cli/suggest.h"
#include "lib/base/error.h"
#include "lib/store/names.h"

namespace certfleet::cli {
namespace {

constexpr int completions_max = 500;  // more are of no help to anybody

CLI::App& app_of(void* pointer) {
  return *static_cast<CLI::App*>(pointer);
}
CLI::Option& option_of(void* pointer) {
  return *static_cast<CLI::Option*>(pointer);
}

void set_help(CLI::App& app, Language language) {
  app.formatter(std::make_shared<Help>(language));
  app.set_help_flag("-h,--help", std::string(Text{"この説明を表示する", "Show this help"}.in(language)));
}

// To one of a few words.
void limit_to(CLI::Option& option, const std::vector<std::string>& words, Language language) {
  std::string joined;
  for (const auto& word : words) joined += (joined.empty() ? "" : "|") + word;
  auto text = Text{"{} のどれかです", "needs one of {}"}.with(language, joined);
  option.type_name(joined)->check([=](const std::string& given) {
    return std::find(words.begin(), words.end(), given) != words.end() ? std::string() : text;
  });
}

// The innermost command that was recognised.
const CLI::App& innermost(const CLI::App& app) {
  const CLI::App* inner = &app;
  while (!inner->get_subcommands().empty()) inner = inner->get_subcommands().front();
  return *inner;
}

std::vector<std::string> words_of(const CLI::App& app, bool options) {
  std::vector<std::string> words;
  if (options) {
    for (const auto* level = &app; level != nullptr; level = level->get_parent())
      for (const auto* option : level->get_options())
        for (const auto& name : option->get_lnames()) words.push_back("--" + name);
  } else {
    for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; }))
      words.push_back(sub->get_name());
  }
  return words;
}

std::string did_you_mean(const std::vector<std::string>& names, Language language) {
  if (names.empty()) return "";
  std::string joined;
  for (const auto& name : names) joined += (joined.empty() ? "" : ", ") + name;
  return Text{"。もしかして: {}", "; did you mean {}?"}.with(language, joined);
}

// The library's complaint in one line of ours. Unknown words come first: they are most often the cause.
std::string complaint(const CLI::App& app, const CLI::ParseError& error, Language language) {
  const auto& inner = innermost(app);
  auto extras = app.remaining(true);
  if (!extras.empty() && !extras.front().empty()) {
    const auto& word = extras.front();
    bool option = word[0] == '-';
    Text what = option ? Text{"不明なオプション {}", "unknown option {}"}
                       : Text{"不明な引数 {}", "unknown argument {}"};
    return what.with(language, word) + did_you_mean(near(word, words_of(inner, option)), language);
  }
  std::string text = error.what();
  if (error.get_name() == "RequiredError") {
    constexpr std::string_view tail = " is required";
    if (text.ends_with(tail)) text.resize(text.size() - tail.size());
    if (text.starts_with("A subcommand"))
      return std::string(Text{"コマンドが足りません", "a command is needed"}.in(language));
    return Text{"{} が必要です", "{} is needed"}.with(language, text);
  }
  if (auto place = text.find(" excludes "); place != std::string::npos)
    return Text{"{} と {} は同時に使えません", "{} and {} can't be used together"}.with(
        language, text.substr(0, place), text.substr(place + 10));
  if (auto place = text.find(" required "); place != std::string::npos && text.ends_with("missing"))
    return Text{"{} には値が必要です", "{} needs a value"}.with(language, text.substr(0, text.find(':')));
  if (auto end = text.find('\n'); end != std::string::npos) text.resize(end);
  return text;
}

}  // namespace

struct Commands::Impl {
  explicit Impl(Context& c) : context(c) {}
  Context& context;
  CLI::App app{"", "certfleet"};
  std::function<void(Context&)> chosen;
};

Commands::Commands(Context& context) : impl_(std::make_unique<Impl>(context)) {
  auto language = context.language();
  auto& app = impl_->app;
  set_help(app, language);
  app.description(std::string(
      Text{"組織の TLS サーバー証明書を管理する", "Looks after the TLS certificates of an organisation"}.in(
          language)));
  app.require_subcommand(1);
  auto& options = context.options();
  app.add_option("--config", options.config,
                 std::string(Text{"設定ファイル", "Configuration file"}.in(language)))
      ->type_name("FILE");
  app.add_flag("--json", options.json, std::string(Text{"JSON で出力する", "Print JSON"}.in(language)));
  app.add_flag("--yes", options.yes,
               std::string(Text{"確認せずに実行する", "Don't ask, do it"}.in(language)));
  app.add_option("--lang", options.lang, std::string(Text{"表示言語", "Language"}.in(language)))
      ->type_name("ja|en")
      ->check([language](const std::string& word) {
        return word == "ja" || word == "en"
                   ? std::string()
                   : std::string(Text{"ja か en です", "needs ja or en"}.in(language));
      });
}

Commands::~Commands() = default;

const CLI::App& Commands::tree() const {
  return impl_->app;
}

void Commands::noun(const char* name, Text about) {
  auto language = impl_->context.language();
  auto* sub = impl_->app.add_subcommand(name, std::string(about.in(language)));
  set_help(*sub, language);
  sub->require_subcommand(1);
  sub->fallthrough();
}

Verb Commands::make(const char* noun, const char* name, Text about, const char* example,
                    std::function<void(Context&)> action) {
  auto language = impl_->context.language();
  auto* parent = noun == nullptr ? &impl_->app : impl_->app.get_subcommand(noun);
  auto* sub = parent->add_subcommand(name, std::string(about.in(language)));
  set_help(*sub, language);
  sub->fallthrough();
  sub->footer(Text{"例:\n  {}", "Example:\n  {}"}.with(language, example));
  sub->callback([this, action] { impl_->chosen = action; });
  return Verb(sub, language);
}

void Commands::complete_words(const std::vector<std::string>& words) {
  auto& context = impl_->context;
  for (std::size_t i = 0; i + 1 < words.size(); ++i)
    if (words[i] == "--config") context.options().config = words[i + 1];
  auto live = [&](std::string_view noun, std::string_view beginning) {
    try {
      return context.database().reading(
          [&](store::Tx& tx) { return store::names::beginning_with(tx, noun, beginning, completions_max); });
    } catch (const Failure&) {  // a shell that completes is no place for complaints
      return std::vector<std::string>();
    }
  };
  for (const auto& word : complete(impl_->app, words, live)) context.out().raw(word + '\n');
}

void Commands::run(int argc, const char* const* argv) {
  auto& app = impl_->app;
  if (argc > 1 && argv[1] == completion_verb) return complete_words({argv + 2, argv + argc});
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    auto help = innermost(app).help();
    impl_->context.out().raw(help.ends_with('\n') ? help : help + '\n');
    return;
  } catch (const CLI::ParseError& error) {
    auto language = impl_->context.language();
    throw Failure(Fault::usage, Text{"{} ({} --help)", "{} ({} --help)"}, complaint(app, error, language),
                  path_of(innermost(app)));
  }
  impl_->chosen(impl_->context);
}

Verb& Verb::argument(std::string& into, const char* name, Text about) {
  last_ = app_of(app_).add_option(name, into, std::string(about.in(language_)))->required();
  return *this;
}

Verb& Verb::argument(std::optional<std::string>& into, const char* name, Text about) {
  last_ = app_of(app_).add_option(name, into, std::string(about.in(language_)));
  return *this;
}

Verb& Verb::option(std::string& into, const char* name, const char* value, Text about) {
  last_ = app_of(app_).add_option(name, into, std::string(about.in(language_)))->type_name(value);
  return *this;
}

Verb& Verb::option(std::optional<std::string>& into, const char* name, const char* value, Text about) {
  last_ = app_of(app_).add_option(name, into, std::string(about.in(language_)))->type_name(value);
  return *this;
}

Verb& Verb::option(std::optional<int>& into, const char* name, const char* value, int lowest, int highest,
                   Text about) {
  std::string limits(about.in(language_));
  if (highest < std::numeric_limits<int>::max())  // else there is none that anybody would meet
    limits += fmt::format(fmt::runtime(limits.ends_with(')') ? ", {} - {}" : " ({} - {})"), lowest, highest);
  last_ = app_of(app_).add_option(name, into, limits)->type_name(value);
  auto text =
      Text{"{} から {} までの数です", "needs a number from {} to {}"}.with(language_, lowest, highest);
  option_of(last_).check([=](const std::string& given) {
    int number = 0;
    auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), number);
    bool good =
        error == std::errc() && end == given.data() + given.size() && number >= lowest && number <= highest;
    return good ? std::string() : text;
  });
  return *this;
}

Verb& Verb::choice(std::optional<std::string>& into, const char* name, std::vector<std::string> words,
                   Text about) {
  last_ = app_of(app_).add_option(name, into, std::string(about.in(language_)));
  limit_to(option_of(last_), words, language_);
  return *this;
}

Verb& Verb::choices(std::vector<std::string>& into, const char* name, std::vector<std::string> words, Text about) {
  list(into, name, "", about);
  limit_to(option_of(last_), words, language_);
  return *this;
}

Verb& Verb::choice(std::optional<bool>& into, const char* name, Text about) {
  std::string text(Text{"on か off です", "needs on or off"}.in(language_));
  last_ = app_of(app_)
              .add_option_function<std::string>(
                  name, [&into](const std::string& word) { into = word == "on"; },
                  std::string(about.in(language_)))
              ->type_name("on|off")
              ->check([=](const std::string& word) {
                return word == "on" || word == "off" ? std::string() : text;
              });
  return *this;
}

Verb& Verb::list(std::vector<std::string>& into, const char* name, const char* value, Text about) {
  last_ = app_of(app_)
              .add_option(name, into, std::string(about.in(language_)))
              ->type_name(value)
              ->expected(1)
              ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  return *this;
}

Verb& Verb::list(std::optional<std::vector<std::string>>& into, const char* name, const char* value,
                 Text about) {
  last_ = app_of(app_)
              .add_option_function<std::vector<std::string>>(
                  name, [&into](const std::vector<std::string>& words) { into = words; },
                  std::string(about.in(language_)))
              ->type_name(value)
              ->expected(1)
              ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  return *this;
}

Verb& Verb::flag(bool& into, const char* name, Text about) {
  last_ = app_of(app_).add_flag(name, into, std::string(about.in(language_)));
  return *this;
}

Verb& Verb::needed() {
  option_of(last_).required();
  return *this;
}

Verb& Verb::not_with(const char* option) {
  option_of(last_).excludes(option);
  return *this;
}

}  // namespace certfleet::cli
