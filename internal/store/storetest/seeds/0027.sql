INSERT INTO totp (agent_id, sealed, made_at, confirmed_at, last_step) VALUES ('g1', {00}, 1, 1, 7);
INSERT INTO recovery (agent_id, hash, used_at) VALUES ('g1', 'h1', 0), ('g1', 'h2', 5);
