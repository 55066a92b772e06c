-- Revisions: the number of times that a row was configured. Whoever edits says which revision he has seen, and is
-- refused if it has changed meanwhile (lib/store/revisions.h).

-- The arguments are the columns that are state and not configuration: writing them is no change of the row. What
-- the database computes is not yet known in NEW, and follows from what is.
CREATE OR REPLACE FUNCTION raise_revision() RETURNS trigger
LANGUAGE plpgsql SET search_path = certfleet, pg_temp AS $$
DECLARE
  state   CONSTANT text[] := coalesce(TG_ARGV, '{}');
  new_row CONSTANT jsonb := to_jsonb(NEW) - state;
  old_row CONSTANT jsonb := to_jsonb(OLD) - state;
  computed text[];
BEGIN
  IF new_row = old_row THEN RETURN NEW; END IF;
  computed := ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = TG_RELID AND attgenerated <> '');
  IF new_row - computed <> old_row - computed THEN
    NEW.revision := OLD.revision + 1;
  END IF;
  RETURN NEW;
END $$;
DO $$
DECLARE
  revised record;
BEGIN
  FOR revised IN
    SELECT name, state FROM (VALUES
      ('company', '{}'::text[]),
      ('site', '{}'),
      ('notification_table', '{}'),
      ('user_group', '{}'),
      ('app_user', '{password_set_at, code_expires_at}'),   -- that a user sets his password configures nothing
      ('settings', '{}'),
      ('mail_settings', '{}'),
      ('schedule', '{due_at, after_id, ran_at, ran_due_at}'),
      ('access', '{}'),
      ('organization', '{}'),
      ('applicant', '{}'),
      ('ev_approver', '{}'),
      ('ca_account', '{account_key_sealed, account_url}'),
      ('service', '{not_after, order_state, order_in_error}'),
      -- To follow the service into its group is no new revision of the node.
      ('node', '{apply_status, served_serial, served_sha256, served_state, served_at, group_id}')
    ) AS all_revised (name, state)
  LOOP
    EXECUTE format('CREATE OR REPLACE TRIGGER revised BEFORE UPDATE ON %I
                    FOR EACH ROW EXECUTE FUNCTION raise_revision(%s)',
                   revised.name, (SELECT string_agg(quote_literal(s), ', ') FROM unnest(revised.state) AS s));
  END LOOP;
END $$;

-- On a table whose rows are part of another's configuration; the arguments: that table, and the column that refers
-- to it.
CREATE OR REPLACE FUNCTION raise_revision_of_owner() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  owner bigint := coalesce(to_jsonb(NEW), to_jsonb(OLD)) ->> TG_ARGV[1];
BEGIN
  IF TG_OP = 'UPDATE' AND NEW IS NOT DISTINCT FROM OLD THEN RETURN NULL; END IF;
  IF TG_ARGV[0] = 'service' THEN   -- of the many: its plan is kept
    UPDATE service SET revision = revision + 1 WHERE id = owner;
  ELSE
    EXECUTE format('UPDATE %I SET revision = revision + 1 WHERE id = $1', TG_ARGV[0]) USING owner;
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER revises_owner AFTER INSERT OR UPDATE OR DELETE ON key_spec
  FOR EACH ROW EXECUTE FUNCTION raise_revision_of_owner('service', 'service_id');
CREATE OR REPLACE TRIGGER revises_owner AFTER INSERT OR UPDATE OR DELETE ON notification_recipient
  FOR EACH ROW EXECUTE FUNCTION raise_revision_of_owner('notification_table', 'notification_id');
CREATE OR REPLACE TRIGGER revises_owner AFTER INSERT OR UPDATE OR DELETE ON group_member
  FOR EACH ROW EXECUTE FUNCTION raise_revision_of_owner('user_group', 'group_id');
