INSERT INTO token (id, agent_id, hash, name, scopes, made_at, used_at, ends_at, ended_at) VALUES ('tk1', 'g1', 'h1', 'Auswertung', 'read reply', 1, 0, 9000000000000000, 0);
