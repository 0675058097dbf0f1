INSERT INTO request (agent_id, key, hash, status, type, body, at) VALUES ('g1', 'q1', 'h', 201, 'application/json', {7b226964223a226d32227d}, 1700000000000004);
