-- What programs sign in with, in the name of an agent.
CREATE TABLE token (
  id          TEXT   PRIMARY KEY,
  agent_id    TEXT   NOT NULL,
  hash        TEXT   NOT NULL UNIQUE, -- SHA-256 of its secret
  name        TEXT   NOT NULL,
  scopes      TEXT   NOT NULL, -- read, reply, work, administer, with spaces between
  made_at     BIGINT NOT NULL,
  used_at     BIGINT NOT NULL, -- exact to a minute
  ends_at     BIGINT NOT NULL,
  ended_at    BIGINT NOT NULL
);
CREATE INDEX token_agent ON token (agent_id);
