-- Only what a network itself says of an account is kept. Where it says nothing, its connector's description counts, as it
-- is in the version that runs: copies of earlier ones forbade what is possible now. A network that says something says it
-- again when its line opens.
UPDATE account SET limits = '{}';

-- Files that somebody put up for a word or an answer, until a while after: who has not used theirs by then has thought
-- better of it.
CREATE TABLE upload (
  hash    TEXT   PRIMARY KEY,
  placed  BIGINT NOT NULL, -- nanoseconds: when the file was last written by an upload, by its folder's clock
  uses    BIGINT NOT NULL, -- words and answers that it was given to
  at      BIGINT NOT NULL
);
CREATE INDEX upload_at ON upload (at);
