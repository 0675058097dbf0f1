INSERT INTO house (what, value, at) VALUES ('set_up', '', 1690000000000000);
INSERT INTO brand (id, name, language, answer_in, made_at) VALUES ('b1', 'Zähler & Söhne', 'de', 60, 1690000000000000);
INSERT INTO agent (id, email, name, initials, role, language, scheme, password, made_at, closed_at) VALUES ('g1', 'mira@example.org', 'Mira', 'MI', 'administrator', 'de', 'auto', 'x', 1690000000000000, 0);
INSERT INTO agent_session (token, agent_id, data, seen_at, ended_at, expires_at) VALUES ('t1', 'g1', {00}, 1, 0, 9000000000000000);
INSERT INTO attempt (key, count, at, until, known_until) VALUES ('h1', 2, 1, 0, 0);
