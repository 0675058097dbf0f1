-- When a person said of a message of ours that failed that nothing more is done about it. 0: nobody has.
ALTER TABLE message ADD COLUMN let_go_at BIGINT NOT NULL DEFAULT 0;
