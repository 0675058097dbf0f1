-- Private messages of ours that stood before the eyes of whom they are for. What is told before the network has given the
-- message its id counts as well.
CREATE TABLE shown (
  account_id  TEXT   NOT NULL,
  remote_id   TEXT   NOT NULL,
  at          BIGINT NOT NULL,
  PRIMARY KEY (account_id, remote_id)
);

-- At which e-mail address somebody says they are reached as well; nothing proves it.
CREATE TABLE mail_address (
  identity_id TEXT   PRIMARY KEY,
  address     TEXT   NOT NULL,
  language    TEXT   NOT NULL, -- in which they read us; empty: not known
  at          BIGINT NOT NULL
);

-- Answers that went on in a letter, because nobody was there to see them: each once.
CREATE TABLE onward (
  message_id  TEXT   PRIMARY KEY,
  letter_id   TEXT   NOT NULL, -- the message that carries it
  address     TEXT   NOT NULL, -- where to
  at          BIGINT NOT NULL
);
CREATE INDEX onward_letter ON onward (letter_id);
