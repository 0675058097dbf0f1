-- Somebody who was asked to work here.
CREATE TABLE invitation (
  id            TEXT   PRIMARY KEY,
  email         TEXT   NOT NULL, -- lower case
  name          TEXT   NOT NULL,
  role          TEXT   NOT NULL, -- administrator, or what they are to be in the brand
  brand_id      TEXT   NOT NULL,
  language      TEXT   NOT NULL,
  by_agent      TEXT   NOT NULL,
  made_at       BIGINT NOT NULL,
  ends_at       BIGINT NOT NULL, -- withdrawn: when
  used_at       BIGINT NOT NULL
);
-- What lets somebody in once: to join, or to choose a new password.
CREATE TABLE link (
  hash          TEXT   PRIMARY KEY, -- SHA-256 of its token
  kind          TEXT   NOT NULL, -- invite, reset
  agent_id      TEXT   NOT NULL, -- reset: whose password
  invitation_id TEXT   NOT NULL, -- invite
  made_at       BIGINT NOT NULL,
  ends_at       BIGINT NOT NULL,
  used_at       BIGINT NOT NULL
);
CREATE INDEX link_agent ON link (agent_id) WHERE agent_id <> '';
CREATE INDEX link_ends ON link (ends_at);
