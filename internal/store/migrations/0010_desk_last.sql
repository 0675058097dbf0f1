-- When the last word was spoken, by the network's clock: one that is spoken later adds to a case without a look at those before it.
ALTER TABLE cases ADD COLUMN last_at BIGINT NOT NULL DEFAULT 0;
UPDATE cases SET last_at = COALESCE((SELECT MAX(m.at) FROM message m WHERE m.case_id = cases.id AND m.direction <> 'note'), 0);
