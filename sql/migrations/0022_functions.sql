-- From here on functions and triggers stand in sql/functions alone and are applied anew by each migration: what only
-- migrations called goes.
DROP FUNCTION IF EXISTS keep_revision(regclass, text[]), guard_sealed_columns();
