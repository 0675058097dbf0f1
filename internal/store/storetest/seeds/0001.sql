INSERT INTO job (kind, lane, key, args, made_at, run_at, claim, attempt, dead_at, error) VALUES
  ('intake', 'account:a1', 'a1/k1', '{"delivery":1}', 1700000000000001, 1700000000000001, 0, 0, 0, ''),
  ('delivery', 'told:m2', '', '{"message":"m2","delivery":"sent"}', 1700000000000002, 1700000000000002, 77, 1, 0, ''),
  ('intake', '', '', '{}', 1700000000000003, 1700000000000003, 0, 9, 1700000000000009, 'it said:	"no"
and nothing else');
INSERT INTO job (kind, lane, key, args, made_at, run_at, claim, attempt, dead_at, error) VALUES ('gone', '', '', '{}', 1, 1, 0, 0, 0, '');
DELETE FROM job WHERE kind = 'gone';
INSERT INTO event (at, kind, brand_id, case_id, subject, agent_id, data) VALUES (1700000000000004, 'case.opened', 'b1', 'c1', 'c1', '', '{}');
