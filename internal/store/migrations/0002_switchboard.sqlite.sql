CREATE TABLE account (
  id          TEXT   PRIMARY KEY,
  brand_id    TEXT   NOT NULL,
  network     TEXT   NOT NULL, -- Description.ID
  name        TEXT   NOT NULL, -- as the house calls it
  self        TEXT   NOT NULL, -- JSON: who we are there
  settings    TEXT   NOT NULL, -- JSON, without secrets
  sealed      BYTEA  NOT NULL, -- secret settings and the account's key, encrypted
  limits      TEXT   NOT NULL, -- JSON: the network's word for this account
  since       BIGINT NOT NULL,
  cursor      TEXT   NOT NULL,
  state       TEXT   NOT NULL,
  reason      TEXT   NOT NULL, -- why the state is not ok, in the network's words
  state_at    BIGINT NOT NULL,
  heard_at    BIGINT NOT NULL, -- last delivery received
  polled_at   BIGINT NOT NULL, -- last poll that worked
  sent_at     BIGINT NOT NULL, -- last message delivered
  refused     BIGINT NOT NULL, -- hooks without a valid signature
  line_node   TEXT   NOT NULL, -- who has the line open
  line_until  BIGINT NOT NULL,
  line_fence  BIGINT NOT NULL,
  made_at     BIGINT NOT NULL,
  removed_at  BIGINT NOT NULL
);
CREATE UNIQUE INDEX account_name ON account (brand_id, name) WHERE removed_at = 0;

CREATE TABLE inbox (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id  TEXT   NOT NULL,
  key         TEXT   NOT NULL,
  kind        TEXT   NOT NULL,
  body        BYTEA  NOT NULL, -- the bytes as they came; empty when they are in the blob
  blob        TEXT   NOT NULL,
  received_at BIGINT NOT NULL,
  state       TEXT   NOT NULL, -- kept; stuck: it cannot be read
  error       TEXT   NOT NULL,
  UNIQUE (account_id, key)
);
CREATE INDEX inbox_stuck ON inbox (received_at) WHERE state = 'stuck';

CREATE TABLE delivery (
  message_id  TEXT   PRIMARY KEY,
  account_id  TEXT   NOT NULL,
  job_id      BIGINT NOT NULL, -- whose attempt this is: what a person sends again begins anew
  state       TEXT   NOT NULL,
  attempt     BIGINT NOT NULL, -- how often the network was called
  reads       BIGINT NOT NULL, -- how often it was read back
  reason      TEXT   NOT NULL,
  detail      TEXT   NOT NULL,
  remote_id   TEXT   NOT NULL,
  first_at    BIGINT NOT NULL, -- when the network was first called
  called_at   BIGINT NOT NULL, -- when it was last called
  changed_at  BIGINT NOT NULL
);
CREATE INDEX delivery_open ON delivery (account_id, state) WHERE state <> 'sent';

CREATE TABLE mailbox (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id  TEXT   NOT NULL,
  thread      TEXT   NOT NULL,
  key         TEXT   NOT NULL,
  body        BYTEA  NOT NULL,
  at          BIGINT NOT NULL,
  UNIQUE (account_id, key)
);
CREATE INDEX mailbox_thread ON mailbox (account_id, thread, id);
