INSERT INTO draft (case_id, agent_id, way, version, written, changed_at) VALUES ('c1', 'g1', 'reply', 'v1', '{"text":"Moin"}', 1760000000000000);
INSERT INTO reservation (case_id, brand_id, agent_id, tab, until) VALUES ('c1', 'b1', 'g1', 't1', 1760000000000000);
