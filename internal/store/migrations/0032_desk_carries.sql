-- What people here say about a case: how urgent it is, what it is called, what it belongs to.
ALTER TABLE cases ADD COLUMN priority TEXT   NOT NULL DEFAULT 'normal'; -- urgent, high, normal, low
ALTER TABLE cases ADD COLUMN named    BIGINT NOT NULL DEFAULT 0;        -- 1: its title is somebody's, not how its first word begins
ALTER TABLE cases ADD COLUMN tags     TEXT   NOT NULL DEFAULT '';       -- ids of its tags, with spaces between them
CREATE INDEX cases_priority ON cases (brand_id, state, priority, rank, id) WHERE priority <> 'normal';
CREATE INDEX cases_priority_changed ON cases (brand_id, state, priority, changed_at, id) WHERE priority <> 'normal';

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

-- Which cases have a tag, with what their lists are ordered by.
CREATE TABLE case_tag (
  tag_id     TEXT   NOT NULL,
  case_id    TEXT   NOT NULL,
  state      TEXT   NOT NULL,
  rank       BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (tag_id, case_id)
);
CREATE INDEX case_tag_next ON case_tag (tag_id, state, rank, case_id);
CREATE INDEX case_tag_changed ON case_tag (tag_id, state, changed_at, case_id);

-- What brands have decided about their tags.
CREATE TABLE tagging (
  brand_id TEXT   PRIMARY KEY,
  closed   BIGINT NOT NULL -- 1: only its leads make new ones
);
