-- Who else says who people are: sign-in by OpenID Connect.
CREATE TABLE provider (
  id        TEXT   PRIMARY KEY, -- a small number: it stands in the address to which people come back
  name      TEXT   NOT NULL, -- on the button
  issuer    TEXT   NOT NULL,
  client_id TEXT   NOT NULL,
  sealed    BYTEA  NOT NULL, -- the client's secret, encrypted; empty: it has none
  rules     TEXT   NOT NULL, -- JSON: whom it may let in, and what is believed of what it says
  made_at   BIGINT NOT NULL,
  off_at    BIGINT NOT NULL,
  used_at   BIGINT NOT NULL -- when somebody last came in by it
);
-- Which of our agents somebody at a provider is.
CREATE TABLE provider_bond (
  id       TEXT   PRIMARY KEY,
  issuer   TEXT   NOT NULL,
  subject  TEXT   NOT NULL,
  agent_id TEXT   NOT NULL,
  made_at  BIGINT NOT NULL,
  used_at  BIGINT NOT NULL
);
CREATE UNIQUE INDEX provider_bond_subject ON provider_bond (issuer, subject);
CREATE INDEX provider_bond_agent ON provider_bond (agent_id);
-- Browsers that are at a provider, until they come back.
CREATE TABLE provider_departure (
  state       TEXT   PRIMARY KEY, -- SHA-256 of what the provider is to bring back
  provider_id TEXT   NOT NULL,
  purpose     TEXT   NOT NULL, -- enter, bind, prove
  agent_id    TEXT   NOT NULL, -- who is signed in; empty: nobody yet
  back        TEXT   NOT NULL, -- the page to which they come back
  made_at     BIGINT NOT NULL,
  ends_at     BIGINT NOT NULL
);
CREATE INDEX provider_departure_ends ON provider_departure (ends_at);
-- Browsers in which agents are told what concerns them while the desk is not before them.
CREATE TABLE push_subscription (
  id       TEXT   PRIMARY KEY, -- SHA-256 of its address
  agent_id TEXT   NOT NULL,
  session  TEXT   NOT NULL, -- the sign-in in which it was asked for; with that it ends
  sealed   BYTEA  NOT NULL, -- its address and keys, encrypted
  since    BIGINT NOT NULL, -- the event behind which it begins
  made_at  BIGINT NOT NULL
);
CREATE INDEX push_subscription_agent ON push_subscription (agent_id);
CREATE INDEX push_subscription_session ON push_subscription (session);
-- Of what somebody is told; who stands nowhere here, of everything.
CREATE TABLE push_choice (
  agent_id TEXT PRIMARY KEY,
  kinds    TEXT NOT NULL -- with spaces between
);
-- The last event that was looked at for all of them.
CREATE TABLE push_cursor (
  id   BIGINT PRIMARY KEY, -- 1: there is one
  last BIGINT NOT NULL
);
