// certfleet import FILE
#include "admin-cli/commands.h"
#include "admin-cli/context.h"
#include "admin-cli/csv.h"
#include "admin-cli/import.h"
#include "admin-cli/nouns.h"
#include "admin-cli/progress.h"
#include "admin-cli/words.h"
#include "lib/base/file.h"
#include "lib/store/import_turn.h"

namespace certfleet::cli {
namespace {

struct Import {
  std::string file;
  bool plan = false;
  std::optional<std::string> csv;
};

// Ends the transaction of a plan without a commit.
struct OnlyPlanned {};

struct Read {
  Document document;
  std::vector<Saying> wrong;
};

Read read_document(const Import& a) {
  auto text = read_file(a.file, document_bytes_max);
  if (!a.csv) return {from_yaml(text), {}};
  auto lines = from_csv(text, find_form_noun(*a.csv)->keys);
  return {{{*a.csv, false, std::move(lines.forms), 1}}, std::move(lines.wrong)};
}

Table differences(const Imported& imported, Language language) {
  Table table{{{"kind", words::kind},
               {"name", words::name},
               {"change", {"変更", "change"}},
               {"key", {"キー", "key"}},
               {"before", {"前", "before"}},
               {"after", {"後", "after"}}},
              {},
              {}};
  constexpr Text added{"追加", "added"};
  constexpr Text changed{"変更", "changed"};
  for (const auto& thing : imported.things) {
    const auto& change = thing.change;
    if (change.how == Change::How::same) continue;
    auto section = thing.noun->section;
    auto row = [&](const Text& how, const char* word, const std::string& key, Cell before, Cell after) {
      table.add({section, thing.name.empty() ? Cell() : Cell(thing.name),
                 Cell(word).as(std::string(how.in(language))), key, std::move(before), std::move(after)});
    };
    if (change.how == Change::How::added) {
      for (const auto& entry : change.after.entries) row(added, "added", entry.key, {}, shown(entry.value));
      continue;
    }
    for (const auto& entry : change.after.entries) {
      const auto* before = change.before.find(entry.key);
      if (before == nullptr || before->value != entry.value)
        row(changed, "changed", entry.key, before == nullptr ? Cell() : Cell(shown(before->value)),
            shown(entry.value));
    }
    for (const auto& entry : change.before.entries)
      if (change.after.find(entry.key) == nullptr) row(changed, "changed", entry.key, shown(entry.value), {});
    if (change.new_secrets) row(changed, "changed", "(secret)", {}, {});
  }
  return table;
}

void import(Context& context, const Import& a) {
  auto read = [&] {
    try {
      return read_document(a);
    } catch (const Failure& failure) {
      auto text = failure.text();
      if (text.en.find(a.file) != std::string::npos) throw;
      throw Failure(failure.fault(), Text{"{}: {}", "{}: {}"}, a.file, text);
    }
  }();
  Imported imported;
  try {
    ProgressLine progress(context);
    context.database().write([&](store::Tx& tx) {
      store::take_import_turn(tx, [&] {
        context.out().note(context.say({"ほかの取り込みが終わるのを待っています…", "waits for another import to end …"}));
      });
      imported = import_document(tx, read.document, read.wrong, progress.teller());
      if (a.plan) throw OnlyPlanned();
    });
  } catch (const OnlyPlanned&) {
    auto table = differences(imported, context.language());
    if (table.rows.empty() && !context.options().json)
      return context.out().note(context.say({"変更はありません", "nothing would change"}));
    return context.out().show(table);
  }
  context.out().done(context.say({"追加 {}、変更 {}、変更なし {}", "{} added, {} changed, {} as they were"},
                                 imported.added, imported.changed, imported.same),
                     {{{"added", {"追加", "added"}, imported.added},
                       {"changed", {"変更", "changed"}, imported.changed},
                       {"same", {"変更なし", "as they were"}, imported.same}},
                      {}});
}

}  // namespace

void add_import_command(Commands& commands) {
  commands.verb<Import>(
      nullptr, "import", {"設定を取り込む", "Bring in a configuration, or nothing of it"},
      "certfleet import --plan certfleet.yaml\n  certfleet import certfleet.yaml\n  certfleet import --csv "
      "nodes nodes.csv",
      [](Verb& verb, Import& a) {
        verb.argument(a.file, "FILE",
                      {"certfleet export の形の YAML、または CSV", "YAML as of certfleet export, or CSV"})
            .flag(a.plan, "--plan", {"何が変わるかだけを表示する", "Only show what would change"})
            .choice(a.csv, "--csv", {"services", "nodes"}, {"CSV の一覧として読む", "It is a list in CSV"});
      },
      import);
}

}  // namespace certfleet::cli
