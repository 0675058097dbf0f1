INSERT INTO passkey (id, agent_id, credential_id, sealed, name, made_at, used_at) VALUES ('k1', 'g1', 'AAEC', {00}, 'Miras Telefon', 1, 0);
