-- What a person may write into rows that workers live on: he is held to what the command does.

CREATE OR REPLACE FUNCTION order_by_person() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  IF NEW.csr_id IS NOT NULL
     AND NOT EXISTS (SELECT 1 FROM csr c WHERE c.id = NEW.csr_id AND c.service_id = NEW.service_id) THEN
    PERFORM refuse_person('the CSR is none of the service');
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.state NOT IN ('scheduled', 'started') THEN
      PERFORM refuse_person('an order begins as scheduled or started');
    END IF;
    NEW.requested_by := session_user;
    RETURN NEW;
  END IF;
  IF OLD.ended_at IS NOT NULL THEN
    PERFORM refuse_person('the order has ended');
  ELSIF OLD.state <> 'scheduled' AND NEW.csr_id IS DISTINCT FROM OLD.csr_id THEN
    PERFORM refuse_person('the order is under way');
  ELSIF NEW.state NOT IN (OLD.state, 'cancelled') AND (OLD.state, NEW.state) <> ('scheduled', 'started') THEN
    PERFORM refuse_person('only workers say how an order goes');
  ELSIF NEW.state = 'cancelled' AND EXISTS (SELECT 1 FROM job WHERE job.subject_id = NEW.id
                                            AND job.kind IN ('csr.make', 'order.place')) THEN
    PERFORM refuse_person('the order is under way: its worker ends it');
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER by_person BEFORE INSERT OR UPDATE ON ca_order
  FOR EACH ROW WHEN (session_user LIKE '%@%' AND by_own_hand()) EXECUTE FUNCTION order_by_person();

-- Who cancels an apply whose job is gone ends it as failed if it was changing its node: as cancelled it would look
-- intact.
CREATE OR REPLACE FUNCTION apply_by_person() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  IF NEW.certificate_id IS NOT NULL AND NOT EXISTS (
       SELECT 1 FROM certificate c JOIN node n ON n.service_id = c.service_id
       WHERE c.id = NEW.certificate_id AND n.id = NEW.node_id) THEN
    PERFORM refuse_person('the certificate is none of the node''s service');
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.state NOT IN ('scheduled', 'started') THEN
      PERFORM refuse_person('an apply begins as scheduled or started');
    END IF;
    NEW.requested_by := session_user;
    RETURN NEW;
  END IF;
  IF OLD.ended_at IS NOT NULL THEN
    PERFORM refuse_person('the apply has ended');
  ELSIF OLD.state = 'started' AND NEW.certificate_id IS DISTINCT FROM OLD.certificate_id THEN
    PERFORM refuse_person('the apply is under way');
  ELSIF NEW.state NOT IN (OLD.state, 'cancelled') AND (OLD.state, NEW.state) <> ('scheduled', 'started')
        AND NOT (NEW.state = 'failed' AND OLD.step IN ('changing', 'restoring')) THEN
    PERFORM refuse_person('only workers say how an apply goes');
  ELSIF NEW.state IN ('cancelled', 'failed') AND EXISTS (SELECT 1 FROM job WHERE job.subject_id = NEW.id
                                            AND job.kind = 'apply.run') THEN
    PERFORM refuse_person('the apply is under way: its worker ends it');
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER by_person BEFORE INSERT OR UPDATE ON apply
  FOR EACH ROW WHEN (session_user LIKE '%@%' AND by_own_hand()) EXECUTE FUNCTION apply_by_person();

CREATE OR REPLACE FUNCTION csr_by_person() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  IF NEW.key_pair_id IS NOT NULL
     AND NOT EXISTS (SELECT 1 FROM key_pair k WHERE k.id = NEW.key_pair_id AND k.service_id = NEW.service_id) THEN
    PERFORM refuse_person('the key is none of the service');
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER by_person BEFORE INSERT OR UPDATE ON csr
  FOR EACH ROW WHEN (session_user LIKE '%@%' AND by_own_hand()) EXECUTE FUNCTION csr_by_person();

-- The status that a person writes is the one that the node's applies have.
CREATE OR REPLACE FUNCTION node_by_person() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  IF NEW.apply_status <> coalesce(
       (SELECT a.state FROM apply a
        WHERE a.node_id = NEW.id AND (a.ended_at IS NULL OR a.state IN ('applied', 'rolled_back', 'failed'))
        ORDER BY a.ended_at IS NULL DESC, a.id DESC LIMIT 1), 'none') THEN
    PERFORM refuse_person('only workers say how an apply goes');
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER by_person BEFORE UPDATE OF apply_status ON node
  FOR EACH ROW WHEN (session_user LIKE '%@%' AND by_own_hand()) EXECUTE FUNCTION node_by_person();

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
CREATE OR REPLACE TRIGGER by_person BEFORE INSERT ON mail
  FOR EACH ROW WHEN (session_user LIKE '%@%' AND by_own_hand()) EXECUTE FUNCTION mail_by_person();
