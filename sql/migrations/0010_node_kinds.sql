-- Nodes of the kinds bigip and iis beside apache (manual 9.1.5), and what an access says of its secrets.

ALTER TABLE node
  DROP CONSTRAINT node_kind_check,
  ADD CONSTRAINT node_kind_check CHECK (kind IN ('apache', 'bigip', 'iis')),
  ALTER COLUMN cert_file DROP NOT NULL,
  ALTER COLUMN key_file DROP NOT NULL,
  ALTER COLUMN work_dir DROP NOT NULL,
  ALTER COLUMN control DROP NOT NULL,
  -- F5 BIG-IP: the SSL profile, the name under which certificate and key are imported, where both are
  ADD COLUMN ssl_profile     text CHECK (ssl_profile <> ''),
  ADD COLUMN import_name     text CHECK (import_name ~ '^[A-Za-z0-9._-]+$'),
  ADD COLUMN partition       text CHECK (partition <> ''),
  -- Windows IIS: the site in the IIS manager, its binding as host:ip:port, the server's version
  ADD COLUMN iis_site        text CHECK (iis_site <> ''),
  ADD COLUMN iis_binding     text CHECK (iis_binding ~ '^[^:]*:(\*|[0-9.]+|\[[0-9a-f:.]+\]):[0-9]+$'),
  ADD COLUMN windows_version text CHECK (windows_version IN ('2012', '2012r2', '2016', '2016r2', '2019', '2022')),
  ADD COLUMN windows_key     boolean NOT NULL DEFAULT false,   -- the private key was made on Windows and stays there
  ADD CONSTRAINT node_apache CHECK (CASE kind WHEN 'apache'
    THEN num_nulls(cert_file, key_file, work_dir, control) = 0
    ELSE num_nonnulls(cert_file, key_file, chain_file, work_dir, control) = 0 END),
  ADD CONSTRAINT node_bigip CHECK (CASE kind WHEN 'bigip'
    THEN num_nulls(ssl_profile, import_name, partition) = 0
    ELSE num_nonnulls(ssl_profile, import_name, partition) = 0 END),
  ADD CONSTRAINT node_iis CHECK (CASE kind WHEN 'iis'
    THEN num_nulls(iis_site, iis_binding, windows_version) = 0
    ELSE num_nonnulls(iis_site, iis_binding, windows_version) = 0 AND NOT windows_key END);

-- People may not read a sealed column, but may know whether it is set.
ALTER TABLE access
  ADD COLUMN login_secret_set boolean GENERATED ALWAYS AS (login_secret_sealed IS NOT NULL) STORED,
  ADD COLUMN login_key_set    boolean GENERATED ALWAYS AS (login_key_sealed IS NOT NULL) STORED,
  ADD COLUMN exec_secret_set  boolean GENERATED ALWAYS AS (exec_secret_sealed IS NOT NULL) STORED;
