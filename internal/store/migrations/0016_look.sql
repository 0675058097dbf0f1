-- What a message is folded behind; how far it has come at its network, and as of when.
ALTER TABLE message ADD COLUMN warning TEXT NOT NULL DEFAULT '';
ALTER TABLE message ADD COLUMN shared BIGINT NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN liked BIGINT NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN reach_at BIGINT NOT NULL DEFAULT 0;

ALTER TABLE cases ADD COLUMN looked_at BIGINT NOT NULL DEFAULT 0; -- when networks were last asked how its messages stand

-- What is reported of messages that nobody here has heard is kept for a while: most of them are no concern of ours.
ALTER TABLE pending_change ADD COLUMN warning TEXT NOT NULL DEFAULT '';
ALTER TABLE pending_change ADD COLUMN files TEXT NOT NULL DEFAULT ''; -- JSON; empty: as before
ALTER TABLE pending_change ADD COLUMN kept_at BIGINT NOT NULL DEFAULT 0;
UPDATE pending_change SET kept_at = at;
CREATE INDEX pending_change_kept ON pending_change (account_id, kept_at);

-- Since when an account is the one that it is, at the server at which it is: what was heard before, its network may not
-- know. Of accounts that were there before this was written down, nobody knows whether they have moved.
ALTER TABLE account ADD COLUMN moved_at BIGINT NOT NULL DEFAULT 0;
UPDATE account SET moved_at = COALESCE((SELECT MAX(made_at) FROM message), 0);
