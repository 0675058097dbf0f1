-- What is said is found by an index of its words: it is made of the messages, behind them, and can be made anew at any time.
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
  n           BIGINT PRIMARY KEY,
  message_id  TEXT   NOT NULL UNIQUE,
  came_at     BIGINT NOT NULL, -- ascends with n
  words       BYTEA  NOT NULL  -- the numbers of its words, in their order
);
CREATE TABLE search_word (
  id          BIGINT PRIMARY KEY,
  brand_id    TEXT   NOT NULL,
  word        TEXT COLLATE "C" NOT NULL, -- folded; names, titles and accounts have a mark before them
  UNIQUE (brand_id, word)
);
-- Which four letters in a row a word has: a hash of them and of the brand in the upper 31 bits, the word in the lower 32.
CREATE TABLE search_gram (
  key         BIGINT PRIMARY KEY
);
-- A run is the words of a row of messages, in pages: which word stands in which of them.
CREATE TABLE search_run (
  id          BIGINT PRIMARY KEY,
  low         BIGINT NOT NULL, -- its first message
  high        BIGINT NOT NULL  -- its last one
);
CREATE TABLE search_page (
  id          BIGINT PRIMARY KEY, -- the run in the upper 31 bits, the first word of the page in the lower 32
  body        BYTEA  NOT NULL
);
-- Messages that read differently from what the index may have. Whoever changes one cannot forget to say so.
CREATE TABLE search_change (
  id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  message_id  TEXT   NOT NULL
);
-- Where tables were dropped to make the house anew, it is still there.
CREATE OR REPLACE FUNCTION search_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO search_change (message_id) VALUES (OLD.id);
  RETURN NULL;
END
$$;
CREATE TRIGGER message_reworded AFTER UPDATE OF subject, warning, body, deleted_at, case_id ON message FOR EACH ROW
WHEN (OLD.subject <> NEW.subject OR OLD.warning <> NEW.warning OR OLD.body <> NEW.body OR OLD.deleted_at <> NEW.deleted_at OR OLD.case_id = '' AND NEW.case_id <> '')
EXECUTE FUNCTION search_changed();
CREATE TRIGGER message_gone AFTER DELETE ON message FOR EACH ROW EXECUTE FUNCTION search_changed();
