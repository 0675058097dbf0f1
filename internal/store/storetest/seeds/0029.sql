INSERT INTO invitation (id, email, name, role, brand_id, language, by_agent, made_at, ends_at, used_at) VALUES ('i1', 'neu@example.org', 'Neu', 'agent', 'b1', 'de', 'g1', 1, 2, 0);
INSERT INTO link (hash, kind, agent_id, invitation_id, made_at, ends_at, used_at) VALUES ('l1', 'invite', '', 'i1', 1, 2, 0), ('l2', 'reset', 'g1', '', 1, 2, 2);
