-- Rotation of the sealing key with no stop of the workers (DESIGN section 4, docs/sealing-keys.md). A key is
-- offered, then active, then old, then retired. Boxes name their key in the bytes 2 to 9 (lib/pki/sealed_box.h).

ALTER TABLE sealing_key
  ADD COLUMN activated_at timestamptz DEFAULT now(),   -- none: offered; nothing is sealed to it yet
  ADD COLUMN retired_at   timestamptz,                 -- nothing is sealed to it, nothing may be
  ADD CONSTRAINT sealing_key_states CHECK (NOT active OR (activated_at IS NOT NULL AND retired_at IS NULL));
UPDATE sealing_key SET activated_at = created_at;

-- The keys with which a worker process opens boxes; empty: it opens no boxes.
ALTER TABLE session ADD COLUMN sealing_keys text[] NOT NULL DEFAULT '{}';

-- The re-sealing of many keys looks for those that are left.
CREATE INDEX key_pair_by_sealing_key ON key_pair (substring(key_sealed from 2 for 8));
