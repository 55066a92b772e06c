-- Since when an apply has been changing its node: so long, and no longer, it is waited for a node that can't be reached.
ALTER TABLE apply ADD COLUMN changing_since timestamptz;
UPDATE apply SET changing_since = scheduled_at WHERE ended_at IS NULL AND step IN ('changing', 'restoring');

-- Who cancels an apply whose job is gone ends it as failed if it was changing its node: as cancelled it would look intact.
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
