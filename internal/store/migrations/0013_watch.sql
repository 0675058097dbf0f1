-- How long a process's last small commit took, and the bytes on its disks; total 0: not known.
ALTER TABLE node ADD COLUMN commit_us BIGINT NOT NULL DEFAULT 0;
ALTER TABLE node ADD COLUMN data_free BIGINT NOT NULL DEFAULT 0;
ALTER TABLE node ADD COLUMN data_total BIGINT NOT NULL DEFAULT 0;
ALTER TABLE node ADD COLUMN media_free BIGINT NOT NULL DEFAULT 0;
ALTER TABLE node ADD COLUMN media_total BIGINT NOT NULL DEFAULT 0;
CREATE TABLE watch (
  what        TEXT   PRIMARY KEY, -- limits: what is watched for; look: when a node last looked
  value       TEXT   NOT NULL,
  at          BIGINT NOT NULL
);
CREATE TABLE alert (
  id          TEXT   PRIMARY KEY,
  brand_id    TEXT   NOT NULL, -- empty: of the whole house
  condition   TEXT   NOT NULL,
  subject     TEXT   NOT NULL, -- id of what it is about
  data        TEXT   NOT NULL, -- JSON: figures, never what customers said
  raised_at   BIGINT NOT NULL,
  told_at     BIGINT NOT NULL, -- last time
  gone_at     BIGINT NOT NULL, -- since when it is no longer so; 0: it is
  resolved_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX alert_open ON alert (brand_id, condition, subject) WHERE resolved_at = 0;
CREATE INDEX alert_raised ON alert (raised_at);
CREATE TABLE alert_target (
  id          TEXT   PRIMARY KEY,
  brand_id    TEXT   NOT NULL,
  kind        TEXT   NOT NULL, -- email, webhook
  address     TEXT   NOT NULL,
  account_id  TEXT   NOT NULL, -- email: over which account it goes
  sealed      BYTEA  NOT NULL, -- webhook: the secret that signs, encrypted
  told_at     BIGINT NOT NULL, -- last time that worked
  error       TEXT   NOT NULL, -- why the last time did not
  made_at     BIGINT NOT NULL
);
CREATE TABLE canary (
  account_id  TEXT   PRIMARY KEY,
  every       BIGINT NOT NULL, -- minutes; 0: none is sent
  due_at      BIGINT NOT NULL,
  mark        TEXT   NOT NULL, -- of the last one
  sent_at     BIGINT NOT NULL,
  waits_since BIGINT NOT NULL, -- when the oldest was sent that has not come back; 0: all have
  heard_at    BIGINT NOT NULL, -- when one last came back
  took_us     BIGINT NOT NULL, -- the round trip of the last one that came back
  error       TEXT   NOT NULL  -- why it could not be sent
);
