INSERT INTO audit (n, at, brand_id, who, what, about, detail, hash) VALUES (1, 1, 'b1', 'g1', 'agent.role_set', 'g1', '{"role":"lead"}', '90e6ba8a');
INSERT INTO audit_head (id, n, hash, signed_n, signed_hash, mac, check_begun_at, checked_at, checked_n, fault) VALUES (1, 1, '90e6ba8a', 1, '90e6ba8a', 'aa', 1, 1, 1, '');
