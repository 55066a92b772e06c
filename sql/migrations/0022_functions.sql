-- From here on functions and triggers stand in sql/functions alone and are applied anew by each migration. `code` is
-- the digest of that text, and of the roles and checks beside it, that was applied last (lib/store/schema.cpp).
ALTER TABLE schema_version ADD COLUMN code text;
-- What only migrations called.
DROP FUNCTION IF EXISTS keep_revision(regclass, text[]), guard_sealed_columns();
