INSERT INTO cases (id, number, brand_id, person_id, title, state, agent_id, account_id, network, visibility, preview, language, waits_since, due_at, answered, trouble, rank, changed_at, made_at, solved_at, into_id, after_id)
  SELECT id || '-gone', number + 500, brand_id, person_id, title, 'merged', '', account_id, network, visibility, '', '', 0, 0, 0, 0, 0, changed_at, made_at, 0, id, id FROM cases WHERE brand_id = 'b1' AND state <> 'merged';
INSERT INTO tally (brand_id, list, slot, n) SELECT brand_id, 'merged', 3, COUNT(*) FROM cases WHERE state = 'merged' GROUP BY brand_id;
INSERT INTO moved (move, kind, id, at) VALUES ('v1', 'case', 'c1', 1760000000000000);
