-- Failed logins, from the server's own log if it is kept as JSON where this function's owner can read it
-- (docs/security.md). Of each of the newest files the end.
CREATE OR REPLACE FUNCTION failed_logins(p_since timestamptz, p_rows integer)
RETURNS TABLE (at timestamptz, who text, host text, message text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  bytes_max constant bigint := 8 << 20;
  file record;
  line text;
  entry jsonb;
  found_rows integer := 0;
BEGIN
  PERFORM require_admin();
  IF current_setting('log_destination') !~ 'jsonlog' OR current_setting('logging_collector') <> 'on' THEN
    RAISE EXCEPTION 'the database server keeps no log that can be shown: it needs logging_collector = on and jsonlog in log_destination'
      USING ERRCODE = '55000';
  END IF;
  FOR file IN SELECT l.name, l.size FROM pg_ls_logdir() l
              WHERE l.name LIKE '%.json' AND l.modification >= p_since ORDER BY l.modification DESC LOOP
    -- As Latin-1 every byte is a letter: one broken name in the log must not hide the rest.
    FOR line IN
      SELECT l FROM string_to_table(convert_from(
          pg_read_binary_file(current_setting('log_directory') || '/' || file.name, greatest(file.size - bytes_max, 0),
                              bytes_max, true), 'LATIN1'), E'\n') WITH ORDINALITY AS t(l, n)
      WHERE l LIKE '{%"state_code":"28P01"%}' ORDER BY n DESC
    LOOP
      BEGIN
        entry := convert_from(convert_to(line, 'LATIN1'), 'UTF8')::jsonb;
      EXCEPTION WHEN OTHERS THEN
        CONTINUE;
      END;
      CONTINUE WHEN entry ->> 'dbname' IS DISTINCT FROM current_database()
                 OR entry ->> 'state_code' IS DISTINCT FROM '28P01';
      at := (entry ->> 'timestamp')::timestamptz;
      EXIT WHEN at < p_since;
      who := entry ->> 'user';
      host := entry ->> 'remote_host';
      message := entry ->> 'message';
      RETURN NEXT;
      found_rows := found_rows + 1;
      IF found_rows >= p_rows THEN RETURN; END IF;
    END LOOP;
  END LOOP;
END $$;
