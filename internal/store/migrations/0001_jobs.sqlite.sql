CREATE TABLE job (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  kind     TEXT   NOT NULL,
  lane     TEXT   NOT NULL,
  key      TEXT   NOT NULL,
  args     TEXT   NOT NULL,
  made_at  BIGINT NOT NULL,
  run_at   BIGINT NOT NULL, -- while claimed: when the lease ends
  claim    BIGINT NOT NULL, -- whose it is, a number that no other claim has; 0: nobody's
  attempt  BIGINT NOT NULL,
  dead_at  BIGINT NOT NULL,
  error    TEXT   NOT NULL
);
CREATE INDEX job_due ON job (kind, run_at, id) WHERE dead_at = 0;
CREATE INDEX job_lane ON job (lane, id) WHERE dead_at = 0 AND lane <> '';
CREATE INDEX job_held ON job (lane) WHERE claim <> 0;
CREATE UNIQUE INDEX job_key ON job (kind, key) WHERE key <> '';
CREATE INDEX job_dead ON job (dead_at) WHERE dead_at <> 0;

CREATE TABLE event (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  at       BIGINT NOT NULL,
  kind     TEXT   NOT NULL,
  brand_id TEXT   NOT NULL,
  case_id  TEXT   NOT NULL,
  subject  TEXT   NOT NULL, -- id of what it happened to
  agent_id TEXT   NOT NULL, -- who did it; empty: hilft by itself
  data     TEXT   NOT NULL
);
CREATE INDEX event_case ON event (case_id, id) WHERE case_id <> '';
