// certfleet version, migrate.
#include "admin-cli/commands.h"
#include "admin-cli/configuration.h"
#include "admin-cli/context.h"
#include "admin-cli/nouns.h"
#include "lib/store/schema.h"

namespace certfleet::cli {
namespace {

void version(Context& context, const NoArguments&) {
  context.out().done(fmt::format("certfleet {}", CERTFLEET_VERSION),
                     {{{"version", {"版", "version"}, CERTFLEET_VERSION},
                       {"schema", {"スキーマ", "schema"}, store::schema_version()}},
                      {}});
}

struct Migrate {
  std::string database;
};

void migrate(Context& context, const Migrate& arguments) {
  store::Database database(store::DatabaseSettings{arguments.database, "certfleet migrate", 600'000});
  int found = store::migrate(database);
  Record record{{{"found", {"以前", "before"}, found}, {"version", {"現在", "now"}, store::schema_version()}},
                {}};
  if (found == store::schema_version())
    return context.out().done(
        context.say({"スキーマは既に版 {} です", "the schema has version {} already"}, found), record);
  context.out().done(
      context.say({"スキーマを版 {} から {} に更新しました", "the schema went from version {} to {}"}, found,
                  store::schema_version()),
      record);
}

}  // namespace

void add_system_commands(Commands& commands) {
  commands.verb<NoArguments>(nullptr, "version", {"版を表示する", "Show the version"}, "certfleet version",
                             nullptr, version);
  commands.verb<Migrate>(
      nullptr, "migrate", {"データベースのスキーマを更新する", "Bring the database's schema up to date"},
      "certfleet migrate --database \"host=db.example.com dbname=certfleet user=certfleet_owner\"",
      [](Verb& verb, Migrate& a) {
        verb.option(a.database, "--database", "DSN",
                    {"スキーマの所有者としての接続先", "Connection as the owner of the schema"})
            .needed();
      },
      migrate);
}

}  // namespace certfleet::cli
