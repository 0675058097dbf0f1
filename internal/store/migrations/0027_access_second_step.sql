-- The app on an agent's phone that tells codes for the second step of a sign-in.
CREATE TABLE totp (
  agent_id     TEXT   PRIMARY KEY,
  sealed       BYTEA  NOT NULL,
  made_at      BIGINT NOT NULL,
  confirmed_at BIGINT NOT NULL, -- 0: no code of it was seen yet, and none is asked for
  last_step    BIGINT NOT NULL  -- of time, in half minutes: the last whose code was used
);
-- For who has lost the phone. Each is good once.
CREATE TABLE recovery (
  agent_id     TEXT   NOT NULL,
  hash         TEXT   NOT NULL, -- SHA-256 of 80 random bits
  used_at      BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (agent_id, hash)
);
