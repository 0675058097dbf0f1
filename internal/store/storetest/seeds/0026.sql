INSERT INTO agent_session (token, agent_id, data, browser, place, made_at, seen_at, ended_at, expires_at) VALUES ('t22', 'g1', {00}, 'Firefox, Linux', '192.0.2.0/24', 1, 1, 0, 9000000000000000);
