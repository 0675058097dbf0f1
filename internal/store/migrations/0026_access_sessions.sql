-- What agents see of their sessions. Until now a session lived for thirty days from its sign-in.
ALTER TABLE agent_session ADD COLUMN browser TEXT NOT NULL DEFAULT '';
ALTER TABLE agent_session ADD COLUMN place TEXT NOT NULL DEFAULT ''; -- the address it was made from, cut short
ALTER TABLE agent_session ADD COLUMN made_at BIGINT NOT NULL DEFAULT 0;
UPDATE agent_session SET made_at = expires_at - 2592000000000;
