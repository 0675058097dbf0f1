-- What the house knows of itself, each once: "set_up", and "key", the fingerprint of its secret key.
CREATE TABLE house (
  what        TEXT   PRIMARY KEY,
  value       TEXT   NOT NULL,
  at          BIGINT NOT NULL
);
CREATE TABLE brand (
  id          TEXT   PRIMARY KEY,
  name        TEXT   NOT NULL,
  language    TEXT   NOT NULL,
  answer_in   BIGINT NOT NULL, -- minutes until a customer's word should be answered
  made_at     BIGINT NOT NULL
);
CREATE TABLE agent (
  id          TEXT   PRIMARY KEY,
  email       TEXT   NOT NULL UNIQUE, -- lower case
  name        TEXT   NOT NULL,
  initials    TEXT   NOT NULL,
  role        TEXT   NOT NULL, -- administrator, agent
  language    TEXT   NOT NULL,
  scheme      TEXT   NOT NULL, -- light, dark, auto
  password    TEXT   NOT NULL, -- argon2id
  made_at     BIGINT NOT NULL,
  closed_at   BIGINT NOT NULL
);
CREATE TABLE agent_session (
  token       TEXT   PRIMARY KEY, -- SHA-256 of the cookie's token
  agent_id    TEXT   NOT NULL, -- empty: nobody has signed in
  data        BYTEA  NOT NULL,
  seen_at     BIGINT NOT NULL, -- exact to a minute
  ended_at    BIGINT NOT NULL, -- an ended session stays until it would have expired: nothing under way can revive it
  expires_at  BIGINT NOT NULL
);
CREATE INDEX agent_session_agent ON agent_session (agent_id) WHERE agent_id <> '';
CREATE INDEX agent_session_expires ON agent_session (expires_at);
CREATE TABLE attempt (
  key         TEXT   PRIMARY KEY, -- hash of who tries to sign in, from where, or both
  count       BIGINT NOT NULL, -- wrong tries not yet forgotten
  at          BIGINT NOT NULL, -- up to when forgetting is counted in
  until       BIGINT NOT NULL, -- no further try before; 0: none
  known_until BIGINT NOT NULL  -- the account has signed in from there, and is known there until then
);
CREATE INDEX attempt_at ON attempt (at);
