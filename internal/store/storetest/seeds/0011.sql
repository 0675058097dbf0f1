INSERT INTO node (id, machine, version, nats, made_at, seen_at) VALUES ('n1', 'helgoland', 'v1', 1, 1700000000000000, 1700000000000021);
