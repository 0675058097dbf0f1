-- Cases that went into another or continue one.
ALTER TABLE cases ADD COLUMN into_id  TEXT NOT NULL DEFAULT ''; -- the case that has its words now; empty: it has them itself
ALTER TABLE cases ADD COLUMN after_id TEXT NOT NULL DEFAULT ''; -- the case that it continues; empty: none
CREATE INDEX cases_into ON cases (into_id) WHERE into_id <> '';
CREATE INDEX cases_after ON cases (after_id) WHERE after_id <> '';

-- What was moved from one case to another, as long as that can be taken back.
CREATE TABLE moved (
  move TEXT   NOT NULL, -- what was moved together
  kind TEXT   NOT NULL, -- message, conversation; case: one that had gone into the other before
  id   TEXT   NOT NULL,
  at   BIGINT NOT NULL,
  PRIMARY KEY (move, kind, id)
);
CREATE INDEX moved_at ON moved (at);
