-- ---- `node list --sort served-at`. Never seen comes first, as in the list. It costs each verification an entry.
CREATE INDEX node_by_served_at ON node (served_at NULLS FIRST, id);
