-- The whole schema on SQLite, made by: go test ./internal/store -run Golden -update

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
, renewing_until BIGINT NOT NULL DEFAULT 0, moved_at BIGINT NOT NULL DEFAULT 0, hold_s BIGINT NOT NULL DEFAULT 0);

CREATE UNIQUE INDEX account_name ON account (brand_id, name) WHERE removed_at = 0;

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
, signature TEXT NOT NULL DEFAULT '', keys TEXT NOT NULL DEFAULT '', after_solve TEXT NOT NULL DEFAULT 'next', after_send TEXT NOT NULL DEFAULT 'stay', after_send_solve TEXT NOT NULL DEFAULT 'next', toured_at BIGINT NOT NULL DEFAULT 0, signs_as      TEXT NOT NULL DEFAULT '');

CREATE TABLE agent_session (
  token       TEXT   PRIMARY KEY, -- SHA-256 of the cookie's token
  agent_id    TEXT   NOT NULL, -- empty: nobody has signed in
  data        BYTEA  NOT NULL,
  seen_at     BIGINT NOT NULL, -- exact to a minute
  ended_at    BIGINT NOT NULL, -- an ended session stays until it would have expired: nothing under way can revive it
  expires_at  BIGINT NOT NULL
, browser TEXT NOT NULL DEFAULT '', place TEXT NOT NULL DEFAULT '', made_at BIGINT NOT NULL DEFAULT 0);

CREATE INDEX agent_session_agent ON agent_session (agent_id) WHERE agent_id <> '';

CREATE INDEX agent_session_expires ON agent_session (expires_at);

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

CREATE TABLE answer_target (
  brand_id      TEXT   NOT NULL,
  network       TEXT   NOT NULL, -- empty: all that have none of their own
  place         BIGINT NOT NULL, -- among the brand's, from 0
  hours         TEXT   NOT NULL, -- in which the time counts; empty: around the clock
  first_minutes BIGINT NOT NULL, -- until the first answer in a case
  next_minutes  BIGINT NOT NULL, warn_minutes     BIGINT NOT NULL DEFAULT 15, escalate_minutes BIGINT NOT NULL DEFAULT 0, escalate_to      TEXT   NOT NULL DEFAULT '', -- until every later one
  PRIMARY KEY (brand_id, network)
);

CREATE TABLE attempt (
  key         TEXT   PRIMARY KEY, -- hash of who tries to sign in, from where, or both
  count       BIGINT NOT NULL, -- wrong tries not yet forgotten
  at          BIGINT NOT NULL, -- up to when forgetting is counted in
  until       BIGINT NOT NULL, -- no further try before; 0: none
  known_until BIGINT NOT NULL  -- the account has signed in from there, and is known there until then
);

CREATE INDEX attempt_at ON attempt (at);

CREATE TABLE audit (
  n           BIGINT PRIMARY KEY, -- from 1, without a gap
  at          BIGINT NOT NULL,
  brand_id    TEXT   NOT NULL, -- empty: of the whole house
  who         TEXT   NOT NULL, -- an agent's id; empty: nobody who works here
  what        TEXT   NOT NULL,
  about       TEXT   NOT NULL, -- id of what it is about
  detail      TEXT   NOT NULL, -- JSON in its one form: ids, roles, names of settings
  hash        TEXT   NOT NULL  -- SHA-256 of the hash before and of the row, in hexadecimal
);

CREATE INDEX audit_at ON audit (at, n);

CREATE INDEX audit_brand ON audit (brand_id, what, n);

CREATE INDEX audit_what ON audit (what, n);

CREATE INDEX audit_who ON audit (who, n);

CREATE TABLE audit_head (
  id             BIGINT PRIMARY KEY, -- 1: there is one
  n              BIGINT NOT NULL,
  hash           TEXT   NOT NULL,
  signed_n       BIGINT NOT NULL, -- up to which row it was signed
  signed_hash    TEXT   NOT NULL,
  mac            TEXT   NOT NULL, -- HMAC of both, by a key that is not in the database
  check_begun_at BIGINT NOT NULL,
  checked_at     BIGINT NOT NULL, -- when the whole chain was last gone through
  checked_n      BIGINT NOT NULL,
  fault          TEXT   NOT NULL  -- what was wrong; empty: nothing
);

CREATE TABLE backup (
  id          TEXT   PRIMARY KEY,
  began_at    BIGINT NOT NULL, -- what was committed until then is in it
  ended_at    BIGINT NOT NULL, -- it was complete and on the disk
  bytes       BIGINT NOT NULL, -- size of the file
  row_count   BIGINT NOT NULL,
  media_count BIGINT NOT NULL,
  damaged     BIGINT NOT NULL, -- media that could not be read, and are not in it
  whole       BIGINT NOT NULL  -- 1: with media
);

CREATE INDEX backup_ended ON backup (ended_at);

CREATE TABLE brand (
  id          TEXT   PRIMARY KEY,
  name        TEXT   NOT NULL,
  language    TEXT   NOT NULL,
  answer_in   BIGINT NOT NULL, -- minutes until a customer's word should be answered
  made_at     BIGINT NOT NULL
, signature TEXT NOT NULL DEFAULT '', receipt_de TEXT NOT NULL DEFAULT '', receipt_en TEXT NOT NULL DEFAULT '', signs_public  TEXT NOT NULL DEFAULT 'off', signs_private TEXT NOT NULL DEFAULT 'off');

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

CREATE TABLE case_number (
  last BIGINT NOT NULL
);

CREATE TABLE case_tag (
  tag_id     TEXT   NOT NULL,
  case_id    TEXT   NOT NULL,
  state      TEXT   NOT NULL,
  rank       BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (tag_id, case_id)
);

CREATE INDEX case_tag_changed ON case_tag (tag_id, state, changed_at, case_id);

CREATE INDEX case_tag_next ON case_tag (tag_id, state, rank, case_id);

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
, last_at BIGINT NOT NULL DEFAULT 0, looked_at BIGINT NOT NULL DEFAULT 0, alarm_at BIGINT NOT NULL DEFAULT 0, late     BIGINT NOT NULL DEFAULT 0, told_at  BIGINT NOT NULL DEFAULT 0, priority TEXT   NOT NULL DEFAULT 'normal', named    BIGINT NOT NULL DEFAULT 0, tags     TEXT   NOT NULL DEFAULT '', slept_at BIGINT NOT NULL DEFAULT 0, wakes_at BIGINT NOT NULL DEFAULT 0, woken_at BIGINT NOT NULL DEFAULT 0, into_id  TEXT NOT NULL DEFAULT '', after_id TEXT NOT NULL DEFAULT '');

CREATE INDEX cases_after ON cases (after_id) WHERE after_id <> '';

CREATE INDEX cases_alarm ON cases (alarm_at) WHERE alarm_at > 0;

CREATE INDEX cases_asleep ON cases (brand_id, wakes_at, id) WHERE state = 'asleep';

CREATE INDEX cases_changed ON cases (brand_id, state, changed_at, id);

CREATE INDEX cases_into ON cases (into_id) WHERE into_id <> '';

CREATE INDEX cases_next ON cases (brand_id, state, rank, id);

CREATE UNIQUE INDEX cases_number ON cases (brand_id, number);

CREATE INDEX cases_owner ON cases (brand_id, agent_id, state, rank, id);

CREATE INDEX cases_person ON cases (person_id, made_at);

CREATE INDEX cases_priority ON cases (brand_id, state, priority, rank, id) WHERE priority <> 'normal';

CREATE INDEX cases_priority_changed ON cases (brand_id, state, priority, changed_at, id) WHERE priority <> 'normal';

CREATE INDEX cases_told ON cases (told_at) WHERE told_at > 0;

CREATE INDEX cases_trouble ON cases (brand_id, rank, id) WHERE trouble > 0;

CREATE TABLE company (
  id       TEXT   PRIMARY KEY,
  brand_id TEXT   NOT NULL,
  name     TEXT   NOT NULL,
  folded   TEXT   NOT NULL,
  number   TEXT   NOT NULL, -- what the brand knows it by; empty: nothing
  made_at  BIGINT NOT NULL,
  UNIQUE (brand_id, folded, number)
);

CREATE TABLE consent (
  id          TEXT   PRIMARY KEY,
  brand_id    TEXT   NOT NULL,
  person_id   TEXT   NOT NULL REFERENCES person (id),
  identity_id TEXT   NOT NULL REFERENCES identity (id),
  purpose     TEXT   NOT NULL, -- service, advertising
  given       BIGINT NOT NULL, -- 0: withdrawn
  how         TEXT   NOT NULL, -- message, call, form, mistake
  message_id  TEXT   NOT NULL,
  remark      TEXT   NOT NULL,
  at          BIGINT NOT NULL, -- when they said so
  made_at     BIGINT NOT NULL,
  made_by     TEXT   NOT NULL
);

CREATE INDEX consent_person ON consent (person_id, id);

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

CREATE TABLE conversation_ref (
  account_id      TEXT NOT NULL,
  visibility      TEXT NOT NULL,
  ref             TEXT NOT NULL,
  conversation_id TEXT NOT NULL,
  PRIMARY KEY (account_id, visibility, ref)
);

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

CREATE INDEX delivery_barred ON delivery (account_id) WHERE reason IN ('paused', 'sign_in');

CREATE INDEX delivery_busy ON delivery (changed_at) WHERE reason = 'busy';

CREATE INDEX delivery_open ON delivery (account_id, state) WHERE state <> 'sent';

CREATE TABLE draft (
  case_id    TEXT   NOT NULL,
  agent_id   TEXT   NOT NULL,
  way        TEXT   NOT NULL, -- reply, note
  version    TEXT   NOT NULL, -- a new one with every change, and never the same again
  written    TEXT   NOT NULL, -- JSON: the text, its subject and files, and where it is to go
  changed_at BIGINT NOT NULL, -- a month later it is forgotten
  PRIMARY KEY (case_id, agent_id, way)
);

CREATE INDEX draft_changed ON draft (changed_at);

CREATE TABLE event (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  at       BIGINT NOT NULL,
  kind     TEXT   NOT NULL,
  brand_id TEXT   NOT NULL,
  case_id  TEXT   NOT NULL,
  subject  TEXT   NOT NULL, -- id of what it happened to
  agent_id TEXT   NOT NULL, -- who did it; empty: hilft by itself
  data     TEXT   NOT NULL
);

CREATE INDEX event_case ON event (case_id, id) WHERE case_id <> '';

CREATE TABLE house (
  what        TEXT   PRIMARY KEY,
  value       TEXT   NOT NULL,
  at          BIGINT NOT NULL
);

CREATE TABLE identity (
  id         TEXT   PRIMARY KEY,
  brand_id   TEXT   NOT NULL,
  person_id  TEXT   NOT NULL REFERENCES person (id),
  network    TEXT   NOT NULL,
  remote_id  TEXT   NOT NULL,
  handle     TEXT   NOT NULL,
  name       TEXT   NOT NULL,
  url        TEXT   NOT NULL,
  made_at    BIGINT NOT NULL,
  seen_at    BIGINT NOT NULL,
  UNIQUE (brand_id, network, remote_id)
);

CREATE INDEX identity_person ON identity (person_id);

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

CREATE TABLE job (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  kind     TEXT   NOT NULL,
  lane     TEXT   NOT NULL,
  key      TEXT   NOT NULL,
  args     TEXT   NOT NULL,
  made_at  BIGINT NOT NULL,
  run_at   BIGINT NOT NULL, -- while claimed: when the lease ends
  claim    BIGINT NOT NULL, -- whose it is, a number that no other claim has; 0: nobody's
  attempt  BIGINT NOT NULL,
  dead_at  BIGINT NOT NULL,
  error    TEXT   NOT NULL
, awaited BIGINT NOT NULL DEFAULT 0);

CREATE INDEX job_dead ON job (dead_at) WHERE dead_at <> 0;

CREATE INDEX job_due ON job (kind, run_at, id) WHERE dead_at = 0;

CREATE INDEX job_held ON job (lane) WHERE claim <> 0;

CREATE UNIQUE INDEX job_key ON job (kind, key) WHERE key <> '';

CREATE INDEX job_lane ON job (lane, id) WHERE dead_at = 0 AND lane <> '';

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

CREATE TABLE link_code (
  brand_id        TEXT   NOT NULL,
  code            TEXT   NOT NULL,
  person_id       TEXT   NOT NULL, -- who was asked
  conversation_id TEXT   NOT NULL,
  made_at         BIGINT NOT NULL,
  made_by         TEXT   NOT NULL,
  ends_at         BIGINT NOT NULL,
  PRIMARY KEY (brand_id, code)
);

CREATE INDEX link_code_ends ON link_code (ends_at);

CREATE TABLE mail_address (
  identity_id TEXT   PRIMARY KEY,
  address     TEXT   NOT NULL,
  language    TEXT   NOT NULL, -- in which they read us; empty: not known
  at          BIGINT NOT NULL
);

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

CREATE TABLE membership (
  agent_id    TEXT   NOT NULL,
  brand_id    TEXT   NOT NULL,
  role        TEXT   NOT NULL,
  made_at     BIGINT NOT NULL,
  PRIMARY KEY (agent_id, brand_id)
);

CREATE TRIGGER message_gone AFTER DELETE ON message
BEGIN
  INSERT INTO search_change (message_id) VALUES (OLD.id);
END;

CREATE TRIGGER message_reworded AFTER UPDATE OF subject, warning, body, deleted_at, case_id ON message
WHEN OLD.subject <> NEW.subject OR OLD.warning <> NEW.warning OR OLD.body <> NEW.body OR OLD.deleted_at <> NEW.deleted_at OR OLD.case_id = '' AND NEW.case_id <> ''
BEGIN
  INSERT INTO search_change (message_id) VALUES (NEW.id);
END;

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
, addressed TEXT NOT NULL DEFAULT '', genuine TEXT NOT NULL DEFAULT '', proofs TEXT NOT NULL DEFAULT '', warning TEXT NOT NULL DEFAULT '', shared BIGINT NOT NULL DEFAULT 0, liked BIGINT NOT NULL DEFAULT 0, reach_at BIGINT NOT NULL DEFAULT 0, let_go_at BIGINT NOT NULL DEFAULT 0);

CREATE INDEX message_case ON message (case_id, at, id);

CREATE INDEX message_conversation ON message (conversation_id, at, id);

CREATE INDEX message_elsewhere ON message (conversation_id) WHERE direction = 'outbound' AND agent_id = '';

CREATE UNIQUE INDEX message_remote ON message (account_id, remote_id) WHERE remote_id <> '';

CREATE UNIQUE INDEX message_request ON message (agent_id, request) WHERE request <> '';

CREATE INDEX message_undecided ON message (brand_id, at) WHERE delivery = 'unknown';

CREATE TABLE moved (
  move TEXT   NOT NULL, -- what was moved together
  kind TEXT   NOT NULL, -- message, conversation; case: one that had gone into the other before
  id   TEXT   NOT NULL,
  at   BIGINT NOT NULL,
  PRIMARY KEY (move, kind, id)
);

CREATE INDEX moved_at ON moved (at);

CREATE TABLE node (
  id          TEXT   PRIMARY KEY,
  machine     TEXT   NOT NULL,
  version     TEXT   NOT NULL,
  nats        BIGINT NOT NULL, -- 1: its wake-ups reach other nodes
  made_at     BIGINT NOT NULL,
  seen_at     BIGINT NOT NULL
, commit_us BIGINT NOT NULL DEFAULT 0, data_free BIGINT NOT NULL DEFAULT 0, data_total BIGINT NOT NULL DEFAULT 0, media_free BIGINT NOT NULL DEFAULT 0, media_total BIGINT NOT NULL DEFAULT 0);

CREATE TABLE onward (
  message_id  TEXT   PRIMARY KEY,
  letter_id   TEXT   NOT NULL, -- the message that carries it
  address     TEXT   NOT NULL, -- where to
  at          BIGINT NOT NULL
);

CREATE INDEX onward_letter ON onward (letter_id);

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

CREATE TABLE pending_change (
  account_id  TEXT   NOT NULL,
  remote_id   TEXT   NOT NULL,
  kind        TEXT   NOT NULL, -- edited, deleted
  at          BIGINT NOT NULL,
  body        TEXT   NOT NULL,
  html        TEXT   NOT NULL, warning TEXT NOT NULL DEFAULT '', files TEXT NOT NULL DEFAULT '', kept_at BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, remote_id, kind)
);

CREATE INDEX pending_change_kept ON pending_change (account_id, kept_at);

CREATE TABLE person (
  id         TEXT   PRIMARY KEY,
  brand_id   TEXT   NOT NULL,
  name       TEXT   NOT NULL,
  made_at    BIGINT NOT NULL
, root_id    TEXT NOT NULL DEFAULT '', company_id TEXT NOT NULL DEFAULT '');

CREATE INDEX person_company ON person (company_id) WHERE company_id <> '';

CREATE INDEX person_root ON person (root_id) WHERE root_id <> '';

CREATE TABLE person_link (
  id         TEXT   PRIMARY KEY,
  brand_id   TEXT   NOT NULL,
  one_id     TEXT   NOT NULL REFERENCES person (id), -- the lesser of the two
  other_id   TEXT   NOT NULL REFERENCES person (id),
  kind       TEXT   NOT NULL, -- address, letter, code, word, agent
  evidence   TEXT   NOT NULL, -- what tells this evidence from other of its kind: the address, the code, the message
  state      TEXT   NOT NULL, -- proposed, linked, dismissed, parted
  given_id   TEXT   NOT NULL, -- the message with which one side of it was given; empty: none was
  back_id    TEXT   NOT NULL, -- the message with which it came back
  reason     TEXT   NOT NULL, -- an agent's
  made_at    BIGINT NOT NULL,
  made_by    TEXT   NOT NULL, -- empty: hilft by itself
  decided_at BIGINT NOT NULL, -- 0: not yet
  decided_by TEXT   NOT NULL,
  UNIQUE (one_id, other_id, kind, evidence)
);

CREATE INDEX person_link_other ON person_link (other_id);

CREATE TABLE person_note (
  id         TEXT   PRIMARY KEY,
  brand_id   TEXT   NOT NULL,
  person_id  TEXT   NOT NULL REFERENCES person (id),
  body       TEXT   NOT NULL,
  was        TEXT   NOT NULL, -- before it was last changed, for as long as that can be taken back
  version    BIGINT NOT NULL,
  made_at    BIGINT NOT NULL,
  made_by    TEXT   NOT NULL,
  changed_at BIGINT NOT NULL, -- 0: never
  changed_by TEXT   NOT NULL,
  removed_at BIGINT NOT NULL -- 0: it stands; else it goes when that can be taken back no more
);

CREATE INDEX person_note_passing ON person_note (changed_at) WHERE was <> '' OR removed_at <> 0;

CREATE INDEX person_note_person ON person_note (person_id);

CREATE TABLE proven_address (
  brand_id    TEXT   NOT NULL,
  address     TEXT   NOT NULL,
  identity_id TEXT   NOT NULL REFERENCES identity (id),
  how         TEXT   NOT NULL, -- home: their mail's home vouched for it; letter: they have answered what we sent there
  message_id  TEXT   NOT NULL,
  at          BIGINT NOT NULL,
  PRIMARY KEY (brand_id, address, identity_id)
);

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

CREATE TABLE provider_bond (
  id       TEXT   PRIMARY KEY,
  issuer   TEXT   NOT NULL,
  subject  TEXT   NOT NULL,
  agent_id TEXT   NOT NULL,
  made_at  BIGINT NOT NULL,
  used_at  BIGINT NOT NULL
);

CREATE INDEX provider_bond_agent ON provider_bond (agent_id);

CREATE UNIQUE INDEX provider_bond_subject ON provider_bond (issuer, subject);

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

CREATE TABLE push_choice (
  agent_id TEXT PRIMARY KEY,
  kinds    TEXT NOT NULL -- with spaces between
);

CREATE TABLE push_cursor (
  id   BIGINT PRIMARY KEY, -- 1: there is one
  last BIGINT NOT NULL
);

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

CREATE TABLE receipt (
  brand_id    TEXT   NOT NULL,
  who         TEXT   NOT NULL, -- hash of the address
  at          BIGINT NOT NULL,
  PRIMARY KEY (brand_id, who)
);

CREATE INDEX receipt_at ON receipt (at);

CREATE TABLE recovery (
  agent_id     TEXT   NOT NULL,
  hash         TEXT   NOT NULL, -- SHA-256 of 80 random bits
  used_at      BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (agent_id, hash)
);

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

CREATE TABLE reservation (
  case_id  TEXT   PRIMARY KEY,
  brand_id TEXT   NOT NULL,
  agent_id TEXT   NOT NULL,
  tab      TEXT   NOT NULL, -- in which of their tabs it is open
  until    BIGINT NOT NULL
);

CREATE INDEX reservation_agent ON reservation (agent_id, tab);

CREATE INDEX reservation_until ON reservation (until);

CREATE TABLE returned (
  account_id  TEXT   NOT NULL,
  remote_id   TEXT   NOT NULL,
  reason      TEXT   NOT NULL,
  detail      TEXT   NOT NULL,
  at          BIGINT NOT NULL,
  PRIMARY KEY (account_id, remote_id)
);

CREATE TABLE saved_view (
  id       TEXT   PRIMARY KEY,
  brand_id TEXT   NOT NULL,
  owner_id TEXT   NOT NULL, -- the agent whose it is
  shared   BIGINT NOT NULL, -- 1: all who read in the brand have it
  name     TEXT   NOT NULL,
  filter   TEXT   NOT NULL, -- which cases, as JSON
  sort     TEXT   NOT NULL, -- next: who must be answered next first; changed: what changed last first
  place    BIGINT NOT NULL, -- among those of its kind, the lowest first
  list     TEXT   NOT NULL, -- as the tally names it: anew with every filter
  mine     BIGINT NOT NULL, -- 1: it is about whoever looks, and the tally has it for each, as list:<agent>
  counted  BIGINT NOT NULL, -- 1: what was there before it is in the tally
  made_at  BIGINT NOT NULL
);

CREATE INDEX saved_view_brand ON saved_view (brand_id, shared, owner_id);

CREATE TABLE saved_view_stamp (
  one   BIGINT PRIMARY KEY, -- 1
  stamp TEXT   NOT NULL
);

CREATE TABLE search_change (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  message_id  TEXT   NOT NULL
);

CREATE TABLE search_gram (
  key         INTEGER PRIMARY KEY
);

CREATE TABLE search_page (
  id          INTEGER PRIMARY KEY, -- the run in the upper 31 bits, the first word of the page in the lower 32
  body        BYTEA  NOT NULL
);

CREATE TABLE search_run (
  id          INTEGER PRIMARY KEY,
  low         BIGINT NOT NULL, -- its first message
  high        BIGINT NOT NULL  -- its last one
);

CREATE TABLE search_state (
  id          BIGINT PRIMARY KEY, -- 1: there is one
  version     BIGINT NOT NULL, -- of how words are folded and laid down
  event_id    BIGINT NOT NULL, -- up to which events the index is
  walked      TEXT   NOT NULL, -- while it is made anew, up to which message
  walking     BIGINT NOT NULL, -- 1: it is being made anew
  docs        BIGINT NOT NULL, -- the last number that a message has
  words       BIGINT NOT NULL, -- the last number that a word has
  runs        BIGINT NOT NULL, -- the last number that a run has
  changes     BIGINT NOT NULL, -- how often it was changed
  came_at     BIGINT NOT NULL  -- of the last message
);

CREATE TABLE search_text (
  n           INTEGER PRIMARY KEY,
  message_id  TEXT   NOT NULL UNIQUE,
  came_at     BIGINT NOT NULL, -- ascends with n
  words       BYTEA  NOT NULL  -- the numbers of its words, in their order
);

CREATE TABLE search_word (
  id          INTEGER PRIMARY KEY,
  brand_id    TEXT   NOT NULL,
  word        TEXT   NOT NULL, -- folded; names, titles and accounts have a mark before them
  UNIQUE (brand_id, word)
);

CREATE TABLE service_hours (
  brand_id TEXT   NOT NULL,
  name     TEXT   NOT NULL,
  place    BIGINT NOT NULL, -- among the brand's, from 0
  zone     TEXT   NOT NULL, -- Europe/Berlin
  region   TEXT   NOT NULL, -- whose holidays are kept, by its code of ISO 3166-2; empty: nobody's
  week     TEXT   NOT NULL, -- JSON: the spans of seven days, Sunday first, in minutes since midnight
  days     TEXT   NOT NULL, -- JSON: the spans of days that are otherwise, by their date
  PRIMARY KEY (brand_id, name)
);

CREATE TABLE shown (
  account_id  TEXT   NOT NULL,
  remote_id   TEXT   NOT NULL,
  at          BIGINT NOT NULL,
  PRIMARY KEY (account_id, remote_id)
);

CREATE TABLE tag (
  id       TEXT   PRIMARY KEY,
  brand_id TEXT   NOT NULL,
  name     TEXT   NOT NULL,
  folded   TEXT   NOT NULL, -- the name without its case, by which two are one; of one that goes: its id
  goes     BIGINT NOT NULL, -- 1: it is being taken off its cases
  into_id  TEXT   NOT NULL, -- and they get this one; empty: none
  made_at  BIGINT NOT NULL
);

CREATE UNIQUE INDEX tag_name ON tag (brand_id, folded);

CREATE TABLE tagging (
  brand_id TEXT   PRIMARY KEY,
  closed   BIGINT NOT NULL -- 1: only its leads make new ones
);

CREATE TABLE tally (
  brand_id TEXT   NOT NULL,
  list     TEXT   NOT NULL, -- open, waiting, solved, unassigned, trouble, and mine:<agent> of those that are open
  slot     BIGINT NOT NULL, -- the number is the sum of its slots
  n        BIGINT NOT NULL,
  PRIMARY KEY (brand_id, list, slot)
);

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

CREATE TABLE totp (
  agent_id     TEXT   PRIMARY KEY,
  sealed       BYTEA  NOT NULL,
  made_at      BIGINT NOT NULL,
  confirmed_at BIGINT NOT NULL, -- 0: no code of it was seen yet, and none is asked for
  last_step    BIGINT NOT NULL  -- of time, in half minutes: the last whose code was used
);

CREATE TABLE upload (
  hash    TEXT   PRIMARY KEY,
  placed  BIGINT NOT NULL, -- nanoseconds: when the file was last written by an upload, by its folder's clock
  uses    BIGINT NOT NULL, -- words and answers that it was given to
  at      BIGINT NOT NULL
);

CREATE INDEX upload_at ON upload (at);

CREATE TABLE watch (
  what        TEXT   PRIMARY KEY, -- limits: what is watched for; look: when a node last looked
  value       TEXT   NOT NULL,
  at          BIGINT NOT NULL
);

CREATE TABLE webhook (
  id            TEXT   PRIMARY KEY,
  brand_id      TEXT   NOT NULL,
  url           TEXT   NOT NULL,
  types         TEXT   NOT NULL, -- which events, with spaces between
  sealed        BYTEA  NOT NULL, -- the secrets that sign, encrypted
  since         BIGINT NOT NULL, -- the event behind which it begins
  failures      BIGINT NOT NULL, -- one after the other, since it last took something
  failing_since BIGINT NOT NULL,
  retry_at      BIGINT NOT NULL, -- nothing is posted before
  off_at        BIGINT NOT NULL,
  off_why       TEXT   NOT NULL, -- person, failing, gone
  made_at       BIGINT NOT NULL
);

CREATE INDEX webhook_brand ON webhook (brand_id);

CREATE TABLE webhook_cursor (
  id   BIGINT PRIMARY KEY, -- 1: there is one
  last BIGINT NOT NULL
);

CREATE TABLE webhook_delivery (
  id          TEXT   PRIMARY KEY,
  webhook_id  TEXT   NOT NULL,
  event_id    BIGINT NOT NULL, -- 0: a test
  type        TEXT   NOT NULL,
  case_id     TEXT   NOT NULL,
  body        TEXT   NOT NULL,
  state       TEXT   NOT NULL, -- waiting, delivered, failed
  attempts    BIGINT NOT NULL,
  status      BIGINT NOT NULL, -- of the last answer
  took_ms     BIGINT NOT NULL,
  answer      TEXT   NOT NULL, -- how it began
  error       TEXT   NOT NULL,
  made_at     BIGINT NOT NULL,
  asked_at    BIGINT NOT NULL, -- since when it is tried
  tried_at    BIGINT NOT NULL
);

CREATE UNIQUE INDEX webhook_delivery_event ON webhook_delivery (webhook_id, event_id) WHERE event_id <> 0;

CREATE INDEX webhook_delivery_log ON webhook_delivery (webhook_id, id);

CREATE INDEX webhook_delivery_made ON webhook_delivery (made_at);
