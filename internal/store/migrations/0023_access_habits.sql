-- How somebody likes to work: keys of their own (JSON, character by act; empty: none), what they want to see after an act
-- (next, stay, list), and when they had seen around the desk or had declined to; 0: not yet.
ALTER TABLE agent ADD COLUMN keys TEXT NOT NULL DEFAULT '';
ALTER TABLE agent ADD COLUMN after_solve TEXT NOT NULL DEFAULT 'next';
ALTER TABLE agent ADD COLUMN after_send TEXT NOT NULL DEFAULT 'stay';
ALTER TABLE agent ADD COLUMN after_send_solve TEXT NOT NULL DEFAULT 'next';
ALTER TABLE agent ADD COLUMN toured_at BIGINT NOT NULL DEFAULT 0;
