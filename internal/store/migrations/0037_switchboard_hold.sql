-- For how many seconds an account holds a reply, in which it can be taken back.
ALTER TABLE account ADD COLUMN hold_s BIGINT NOT NULL DEFAULT 0;
