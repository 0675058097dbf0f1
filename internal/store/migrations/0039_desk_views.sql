-- Lists that people have put together themselves.
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

-- Changes whenever a saved view of the house is added, removed, or about other cases: whoever changes cases asks for this one
-- row, and for the views only where it is not as they know it. Without a row there has never been one.
CREATE TABLE saved_view_stamp (
  one   BIGINT PRIMARY KEY, -- 1
  stamp TEXT   NOT NULL
);
