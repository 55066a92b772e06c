-- `node list --sort served-at`. Never seen comes first, as in the list. It costs each verification an entry.
CREATE INDEX node_by_served_at ON node (served_at NULLS FIRST, id);
-- Whether a service has a node whose key lives on Windows is asked for each node that is added.
CREATE INDEX node_windows_key ON node (service_id) WHERE windows_key;
