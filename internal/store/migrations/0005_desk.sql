CREATE TABLE cases (
  id          TEXT   PRIMARY KEY,
  number      BIGINT NOT NULL,
  brand_id    TEXT   NOT NULL,
  person_id   TEXT   NOT NULL,
  title       TEXT   NOT NULL,
  state       TEXT   NOT NULL, -- open, waiting, solved
  agent_id    TEXT   NOT NULL, -- who owns it; empty: nobody yet
  account_id  TEXT   NOT NULL, -- where the last word was spoken
  network     TEXT   NOT NULL,
  visibility  TEXT   NOT NULL,
  preview     TEXT   NOT NULL, -- how the last word begins
  language    TEXT   NOT NULL,
  waits_since BIGINT NOT NULL, -- the oldest word not answered; 0: nobody waits
  due_at      BIGINT NOT NULL, -- until when it should be answered; 0: not due
  answered    BIGINT NOT NULL, -- 1: we have answered before
  trouble     BIGINT NOT NULL, -- messages of ours that failed or are unknown
  rank        BIGINT NOT NULL, -- where it stands among those who must be answered, lowest first
  changed_at  BIGINT NOT NULL,
  made_at     BIGINT NOT NULL,
  solved_at   BIGINT NOT NULL
);
CREATE UNIQUE INDEX cases_number ON cases (brand_id, number);
CREATE INDEX cases_next ON cases (brand_id, state, rank, id);
CREATE INDEX cases_mine ON cases (brand_id, agent_id, state, rank, id) WHERE agent_id <> '';
CREATE INDEX cases_changed ON cases (brand_id, state, changed_at, id);
CREATE INDEX cases_trouble ON cases (brand_id, rank, id) WHERE trouble > 0;
CREATE INDEX cases_person ON cases (person_id, made_at);

CREATE TABLE conversation (
  id          TEXT   PRIMARY KEY,
  brand_id    TEXT   NOT NULL,
  account_id  TEXT   NOT NULL,
  network     TEXT   NOT NULL,
  thread      TEXT   NOT NULL, -- the network's id of it, where it has one
  visibility  TEXT   NOT NULL,
  person_id   TEXT   NOT NULL, -- who began it
  case_id     TEXT   NOT NULL, -- the concern it belongs to now
  subject     TEXT   NOT NULL,
  url         TEXT   NOT NULL,
  made_at     BIGINT NOT NULL
);
CREATE INDEX conversation_case ON conversation (case_id);
CREATE INDEX conversation_person ON conversation (person_id, account_id);

-- Every remote id by which a conversation may be found: its thread, its messages, and those that its messages answer.
CREATE TABLE conversation_ref (
  account_id      TEXT NOT NULL,
  visibility      TEXT NOT NULL,
  ref             TEXT NOT NULL,
  conversation_id TEXT NOT NULL,
  PRIMARY KEY (account_id, visibility, ref)
);

CREATE TABLE message (
  id              TEXT   PRIMARY KEY,
  brand_id        TEXT   NOT NULL,
  conversation_id TEXT   NOT NULL, -- empty for a note
  case_id         TEXT   NOT NULL,
  account_id      TEXT   NOT NULL,
  network         TEXT   NOT NULL,
  remote_id       TEXT   NOT NULL,
  direction       TEXT   NOT NULL, -- inbound, outbound, note
  visibility      TEXT   NOT NULL,
  identity_id     TEXT   NOT NULL, -- who said it, inbound
  agent_id        TEXT   NOT NULL, -- who wrote it, outbound and note; empty: elsewhere
  in_reply_to     TEXT   NOT NULL, -- remote id
  subject         TEXT   NOT NULL,
  body            TEXT   NOT NULL,
  quoted          TEXT   NOT NULL,
  html            TEXT   NOT NULL,
  url             TEXT   NOT NULL,
  files           TEXT   NOT NULL, -- JSON
  auto            BIGINT NOT NULL,
  at              BIGINT NOT NULL, -- by the network's clock
  made_at         BIGINT NOT NULL, -- by ours
  edited_at       BIGINT NOT NULL,
  deleted_at      BIGINT NOT NULL,
  delivery        TEXT   NOT NULL, -- outbound: queued, sending, sent, failed, unknown
  reason          TEXT   NOT NULL,
  detail          TEXT   NOT NULL,
  retry_at        BIGINT NOT NULL,
  request         TEXT   NOT NULL -- the agent's request that wrote it, so that it is written once
);
CREATE UNIQUE INDEX message_request ON message (agent_id, request) WHERE request <> '';
CREATE INDEX message_case ON message (case_id, at, id);
CREATE INDEX message_conversation ON message (conversation_id, at, id);
CREATE INDEX message_undecided ON message (brand_id, at) WHERE delivery = 'unknown';
CREATE UNIQUE INDEX message_remote ON message (account_id, remote_id) WHERE remote_id <> '';

-- What a network reported of a message before it reported the message itself, or after it was deleted.
CREATE TABLE pending_change (
  account_id  TEXT   NOT NULL,
  remote_id   TEXT   NOT NULL,
  kind        TEXT   NOT NULL, -- edited, deleted
  at          BIGINT NOT NULL,
  body        TEXT   NOT NULL,
  html        TEXT   NOT NULL,
  PRIMARY KEY (account_id, remote_id, kind)
);
