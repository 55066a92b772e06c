// What `certfleet migrate` makes of a database that is there already.
#include "lib/store/schema.h"

#include <gtest/gtest.h>

#include "tests/support/database/database.h"
#include "tests/support/failure.h"

namespace certfleet::store {
namespace {

using certfleet::testing::expect_says;
using certfleet::testing::failure_of;

class Schema : public ::testing::Test {
 protected:
  // All that is code in the database: functions, who may call them, triggers, policies.
  std::string code() {
    return db_.sql(
        "SELECT string_agg(line, E'\\n' ORDER BY line) FROM ("
        " SELECT pg_get_functiondef(p.oid) || ARRAY(SELECT a::text FROM unnest(proacl) a ORDER BY 1)::text AS line"
        " FROM pg_proc p WHERE pronamespace = 'certfleet'::regnamespace"
        " UNION ALL SELECT pg_get_triggerdef(oid) || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal"
        " UNION ALL SELECT concat_ws(' ', polrelid::regclass, polname, polcmd, pg_get_expr(polqual, polrelid),"
        "                            pg_get_expr(polwithcheck, polrelid)) FROM pg_policy) all_code");
  }

  testing::TestDatabase db_;
  Database owner_{db_.settings()};
};

TEST_F(Schema, migrating_makes_functions_triggers_and_rights_as_they_are_in_this_program) {
  auto fresh = code();
  db_.sql("CREATE OR REPLACE FUNCTION is_admin() RETURNS boolean LANGUAGE sql AS 'SELECT true'");
  db_.sql("DROP FUNCTION forget_sessions()");
  db_.sql("DROP TRIGGER audited ON site");
  db_.sql("CREATE OR REPLACE TRIGGER revised BEFORE UPDATE ON node FOR EACH ROW EXECUTE FUNCTION raise_revision()");
  db_.sql("GRANT EXECUTE ON FUNCTION lock_users() TO certfleet_viewer");
  db_.sql("DROP POLICY seen ON service");
  ASSERT_NE(code(), fresh);
  EXPECT_EQ(migrate(owner_), schema_version());
  EXPECT_EQ(code(), fresh);
}

TEST_F(Schema, functions_of_another_program_are_refused_until_the_database_is_migrated) {
  require_schema(owner_);
  db_.sql("UPDATE schema_version SET code = 'of another program' WHERE code IS NOT NULL");
  auto failure = failure_of([&] { require_schema(owner_); });
  EXPECT_EQ(failure.fault(), Fault::conflict);
  expect_says(failure, "functions and rights");
  migrate(owner_);
  require_schema(owner_);
}

TEST_F(Schema, a_version_that_knew_of_no_digest_is_older_and_no_fault) {
  db_.sql("DELETE FROM schema_version WHERE number > 21");
  db_.sql("ALTER TABLE schema_version DROP COLUMN code");
  expect_says(failure_of([&] { require_schema(owner_); }), "has schema version 21");
}

}  // namespace
}  // namespace certfleet::store
