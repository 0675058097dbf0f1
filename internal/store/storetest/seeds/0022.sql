INSERT INTO membership (agent_id, brand_id, role, made_at) VALUES ('g2', 'b1', 'reviewer', 1690000000000000);
