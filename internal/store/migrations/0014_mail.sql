-- Messages of ours that came back before the network had told us their ids.
CREATE TABLE returned (
  account_id  TEXT   NOT NULL,
  remote_id   TEXT   NOT NULL,
  reason      TEXT   NOT NULL,
  detail      TEXT   NOT NULL,
  at          BIGINT NOT NULL,
  PRIMARY KEY (account_id, remote_id)
);

-- Until when somebody asks an account's network for a new sign-in: for the old one it may give a new one only once.
ALTER TABLE account ADD COLUMN renewing_until BIGINT NOT NULL DEFAULT 0;

ALTER TABLE message ADD COLUMN addressed TEXT NOT NULL DEFAULT ''; -- the address of ours that was written to
ALTER TABLE message ADD COLUMN genuine TEXT NOT NULL DEFAULT ''; -- whether the author is who it says: confirmed, doubtful, not_said
ALTER TABLE message ADD COLUMN proofs TEXT NOT NULL DEFAULT ''; -- by what

-- What stands under letters: the author's lines, and the brand's below them.
ALTER TABLE brand ADD COLUMN signature TEXT NOT NULL DEFAULT '';
ALTER TABLE agent ADD COLUMN signature TEXT NOT NULL DEFAULT '';

-- What says that somebody's first word has arrived, by language; and to whom it was said, at most once a day.
ALTER TABLE brand ADD COLUMN receipt_de TEXT NOT NULL DEFAULT '';
ALTER TABLE brand ADD COLUMN receipt_en TEXT NOT NULL DEFAULT '';
CREATE TABLE receipt (
  brand_id    TEXT   NOT NULL,
  who         TEXT   NOT NULL, -- hash of the address
  at          BIGINT NOT NULL,
  PRIMARY KEY (brand_id, who)
);
CREATE INDEX receipt_at ON receipt (at);
