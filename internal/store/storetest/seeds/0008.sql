INSERT INTO job (kind, lane, key, args, made_at, run_at, claim, attempt, dead_at, error, awaited) VALUES ('intake', 'account:a1', 'a1/k2', '{}', 1700000000000010, 1700000000000010, 0, 0, 0, '', 1);
