CREATE TABLE request (
  agent_id   TEXT   NOT NULL,
  key        TEXT   NOT NULL, -- Idempotency-Key
  hash       TEXT   NOT NULL, -- of method, path and body
  status     BIGINT NOT NULL,
  type       TEXT   NOT NULL,
  body       BYTEA  NOT NULL,
  at         BIGINT NOT NULL,
  PRIMARY KEY (agent_id, key)
);
CREATE INDEX request_at ON request (at);
