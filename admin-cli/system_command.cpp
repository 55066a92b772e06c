// certfleet version, migrate.
#include "admin-cli/commands.h"
#include "admin-cli/configuration.h"
#include "admin-cli/context.h"
#include "admin-cli/nouns.h"
#include "lib/store/schema.h"

namespace certfleet::cli {
namespace {

// The database's schema and server; why they are not known, if they aren't: this program's version is told in any
// case.
struct Found {
  std::optional<store::Versions> versions;
  std::string why_not;
};

Found look(Context& context) {
  try {
    auto configuration = find_configuration(context.options().config);
    store::Database database(store::DatabaseSettings{configuration.dsn, "certfleet version", 10'000});
    return {store::versions(database), ""};
  } catch (const Failure& failure) {
    return {std::nullopt, failure.what()};
  }
}

void version(Context& context, const NoArguments&) {
  auto found = look(context);
  Record record{{{"version", {"製品の版", "certfleet"}, CERTFLEET_VERSION},
                 {"schema", {"必要なスキーマの版", "schema it needs"}, store::schema_version()}},
                {}};
  if (found.versions) {
    int there = found.versions->schema;
    record.fields.push_back({"database_schema", {"データベースのスキーマの版", "schema of the database"},
                             Cell(there).in(there == store::schema_version() ? Tone::plain : Tone::error)});
    record.fields.push_back({"server", {"データベースサーバー", "database server"}, found.versions->server});
  } else {
    record.fields.push_back({"database_schema", {"データベースのスキーマの版", "schema of the database"},
                             Cell().as(context.say({"不明: {}", "unknown: {}"}, found.why_not), Tone::warning)});
    record.fields.push_back({"server", {"データベースサーバー", "database server"}, Cell()});
  }
  context.out().show(record);
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
        context.say({"スキーマは既に版 {} です。関数と権限を適用し直しました",
                     "the schema has version {} already; its functions and rights were applied anew"},
                    found),
        record);
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
