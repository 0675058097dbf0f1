-- 1: others of its lane were put off until this job ends
ALTER TABLE job ADD COLUMN awaited BIGINT NOT NULL DEFAULT 0;
