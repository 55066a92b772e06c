-- Makes the monthly partitions of this month and the next ones, as closed as sql/roles.sql makes those that it finds.
-- The leading scheduler calls it daily.
-- One month whose partition can't be made (the default partition has rows of it) keeps no other from being made.
CREATE OR REPLACE FUNCTION ensure_partitions(p_months integer DEFAULT 2) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  parent text;
  first  date;
  made   text;
BEGIN
  FOREACH parent IN ARRAY ARRAY['job_history', 'trace'] LOOP
    FOR month IN 0..p_months LOOP
      first := (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => month))::date;
      made := parent || to_char(first, '_YYYY_MM');
      CONTINUE WHEN to_regclass(format('certfleet.%I', made)) IS NOT NULL;
      BEGIN
        EXECUTE format('CREATE TABLE certfleet.%I PARTITION OF certfleet.%I FOR VALUES FROM (%L) TO (%L)', made, parent,
                       first::text || ' 00:00+00', (first + interval '1 month')::date::text || ' 00:00+00');
        EXECUTE format('ALTER TABLE certfleet.%I ENABLE ROW LEVEL SECURITY', made);
        IF parent = 'job_history' THEN
          EXECUTE format('ALTER TABLE certfleet.%I ALTER COLUMN error SET STATISTICS 0', made);
        END IF;
      EXCEPTION WHEN check_violation THEN
        RAISE WARNING '%: its rows stay in the default partition', made;
      END;
    END LOOP;
  END LOOP;
END $$;
SELECT ensure_partitions();
