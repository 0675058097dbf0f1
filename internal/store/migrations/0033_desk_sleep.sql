-- A case that somebody has put aside until a moment, or until its customer's next word.
ALTER TABLE cases ADD COLUMN slept_at BIGINT NOT NULL DEFAULT 0; -- when that was; what was heard since wakes it
ALTER TABLE cases ADD COLUMN wakes_at BIGINT NOT NULL DEFAULT 0; -- until when; 0: it is not put aside
ALTER TABLE cases ADD COLUMN woken_at BIGINT NOT NULL DEFAULT 0; -- that moment came, and until somebody answers it is open; 0: no
CREATE INDEX cases_asleep ON cases (brand_id, wakes_at, id) WHERE state = 'asleep';
