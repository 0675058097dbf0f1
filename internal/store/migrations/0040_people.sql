-- A human is one person, or several whom links join: the one that was known first is their root, whose id stands at the others.
ALTER TABLE person ADD COLUMN root_id    TEXT NOT NULL DEFAULT ''; -- empty: nobody else, or the root itself
ALTER TABLE person ADD COLUMN company_id TEXT NOT NULL DEFAULT ''; -- empty: a private customer
CREATE INDEX person_root ON person (root_id) WHERE root_id <> '';
CREATE INDEX person_company ON person (company_id) WHERE company_id <> '';

-- What speaks for it that two persons are one human, and what became of that.
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

-- Addresses of which somebody has shown that they are theirs.
CREATE TABLE proven_address (
  brand_id    TEXT   NOT NULL,
  address     TEXT   NOT NULL,
  identity_id TEXT   NOT NULL REFERENCES identity (id),
  how         TEXT   NOT NULL, -- home: their mail's home vouched for it; letter: they have answered what we sent there
  message_id  TEXT   NOT NULL,
  at          BIGINT NOT NULL,
  PRIMARY KEY (brand_id, address, identity_id)
);

-- Codes that people were asked to say again elsewhere.
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

-- What people here say about a person, whatever the case.
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
CREATE INDEX person_note_person ON person_note (person_id);
CREATE INDEX person_note_passing ON person_note (changed_at) WHERE was <> '' OR removed_at <> 0;

-- Who has said yes to what, where; rows are added, never changed.
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

CREATE TABLE company (
  id       TEXT   PRIMARY KEY,
  brand_id TEXT   NOT NULL,
  name     TEXT   NOT NULL,
  folded   TEXT   NOT NULL,
  number   TEXT   NOT NULL, -- what the brand knows it by; empty: nothing
  made_at  BIGINT NOT NULL,
  UNIQUE (brand_id, folded, number)
);

-- How a brand signs replies that are no letters: off, initials, name.
ALTER TABLE brand ADD COLUMN signs_public  TEXT NOT NULL DEFAULT 'off';
ALTER TABLE brand ADD COLUMN signs_private TEXT NOT NULL DEFAULT 'off';
ALTER TABLE agent ADD COLUMN signs_as      TEXT NOT NULL DEFAULT ''; -- the name under replies; empty: their first name
