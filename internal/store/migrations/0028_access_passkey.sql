-- Keys that people's devices keep, to sign in with.
CREATE TABLE passkey (
  id            TEXT   PRIMARY KEY,
  agent_id      TEXT   NOT NULL,
  credential_id TEXT   NOT NULL UNIQUE, -- as the device names it, in base64
  sealed        BYTEA  NOT NULL, -- its public key, counter and flags: nobody can slip one in who only writes to the database
  name          TEXT   NOT NULL,
  made_at       BIGINT NOT NULL,
  used_at       BIGINT NOT NULL
);
CREATE INDEX passkey_agent ON passkey (agent_id);
