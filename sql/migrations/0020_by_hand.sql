-- What a person could still do by hand, past the command.

-- The SMTP password is given to whatever server is set: with another one it is asked for again. (Who may choose where a
-- secret goes may learn it.)
CREATE FUNCTION keep_password_at_its_server() RETURNS trigger
LANGUAGE plpgsql SET search_path = certfleet, pg_temp AS $$
BEGIN
  IF (NEW.host, NEW.ca_pem) IS DISTINCT FROM (OLD.host, OLD.ca_pem) AND NEW.auth_password_sealed IS NOT NULL
     AND NEW.auth_password_sealed IS NOT DISTINCT FROM OLD.auth_password_sealed THEN
    RAISE EXCEPTION 'another SMTP server or CA certificate needs the SMTP password again'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'mail_settings_password_at_its_server';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER password_stays_at_its_server BEFORE UPDATE OF host, ca_pem ON mail_settings
  FOR EACH ROW EXECUTE FUNCTION keep_password_at_its_server();

-- The command mails that an order or an apply has begun, that an apply without a job has failed, and nothing else: an
-- event key made up by a person would keep the mail of another group's certificate from ever being made.
CREATE OR REPLACE FUNCTION mail_by_person() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM user_group g WHERE g.id = NEW.group_id AND g.notification_id = NEW.notification_id)
     OR NEW.node_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM node n WHERE n.id = NEW.node_id
                                                AND n.service_id = NEW.service_id) THEN
    PERFORM refuse_person('the mail is not about this service');
  ELSIF NEW.event NOT IN ('order_started', 'apply_started', 'apply_failed') OR NEW.event_key IS NOT NULL THEN
    PERFORM refuse_person('only daemons mail of this event');
  END IF;
  NEW.message_id := '<' || gen_random_uuid() || '@certfleet>';
  RETURN NEW;
END $$;

-- A limit that is gone holds nobody: neither the dead, when they are sent again.
UPDATE job_dead SET limit_key = NULL WHERE limit_key IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM job_limit l WHERE l.key = job_dead.limit_key);
CREATE FUNCTION forget_limit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  UPDATE job SET limit_key = NULL WHERE limit_key = OLD.key;
  UPDATE job_dead SET limit_key = NULL WHERE limit_key = OLD.key;
  RETURN NULL;
END $$;
CREATE TRIGGER forgotten AFTER DELETE ON job_limit FOR EACH ROW EXECUTE FUNCTION forget_limit();

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
