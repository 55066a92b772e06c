-- Since when an apply has been changing its node: so long, and no longer, it is waited for a node that can't be reached.
ALTER TABLE apply ADD COLUMN changing_since timestamptz;
ALTER TABLE apply DISABLE TRIGGER USER;   -- no change by anybody
UPDATE apply SET changing_since = scheduled_at WHERE ended_at IS NULL AND step IN ('changing', 'restoring');
ALTER TABLE apply ENABLE TRIGGER USER;
