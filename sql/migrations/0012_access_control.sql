-- Who sees and changes what (docs/security.md). Here are the columns that the policies of sql/roles.sql stand on.

ALTER TABLE app_user ADD COLUMN password_set_at timestamptz,   -- none: he has a one-time code, or nothing
                     ADD COLUMN code_expires_at timestamptz;   -- of the one-time code
UPDATE app_user SET password_set_at = created_at;

-- ---- To which group a row belongs (sql/functions/groups.sql).

ALTER TABLE service ADD CONSTRAINT service_in_group UNIQUE (id, group_id);

DO $$
DECLARE
  child text;
BEGIN
  FOREACH child IN ARRAY ARRAY['key_spec', 'key_pair', 'csr', 'ca_order', 'certificate', 'node', 'mail'] LOOP
    EXECUTE format('ALTER TABLE %I ADD COLUMN group_id bigint', child);
    EXECUTE format('UPDATE %I c SET group_id = s.group_id FROM service s WHERE s.id = c.service_id', child);
    EXECUTE format('ALTER TABLE %I ADD FOREIGN KEY (service_id, group_id) REFERENCES service (id, group_id)
                    ON UPDATE CASCADE ON DELETE CASCADE', child);
  END LOOP;
END $$;
CREATE INDEX mail_by_service ON mail (service_id);

ALTER TABLE node ADD CONSTRAINT node_in_group UNIQUE (id, group_id);
ALTER TABLE apply ADD COLUMN group_id bigint;
UPDATE apply a SET group_id = n.group_id FROM node n WHERE n.id = a.node_id;
ALTER TABLE apply ADD FOREIGN KEY (node_id, group_id) REFERENCES node (id, group_id)
  ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE trace ADD COLUMN group_id bigint;
UPDATE trace t SET group_id = s.group_id FROM service s WHERE s.id = t.service_id;

-- ---- Audit: what a row is called, and whose groups it concerns (NULL: it belongs to none; then all administrators
-- see it).

ALTER TABLE audit ADD COLUMN name text, ADD COLUMN groups bigint[];
UPDATE audit a SET name = coalesce(after ->> 'name', before ->> 'name'),
                   groups = ARRAY(SELECT s.group_id FROM service s
                                  WHERE s.id = coalesce(a.after ->> 'service_id', a.before ->> 'service_id',
                                                        CASE WHEN table_name = 'service' THEN a.row_id END)::bigint)
WHERE table_name IN ('service', 'key_spec', 'node', 'ca_order', 'apply');

CREATE INDEX audit_by_time ON audit (at);
