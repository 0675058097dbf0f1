INSERT INTO person (id, brand_id, name, made_at) VALUES ('p1', 'b1', 'Jörg \N Tab	und Zeile
zwei', 1700000000000000);
INSERT INTO identity (id, brand_id, person_id, network, remote_id, handle, name, url, made_at, seen_at) VALUES ('i1', 'b1', 'p1', 'mail', 'joerg@example.net', 'joerg@example.net', 'Jörg', '', 1700000000000000, 1700000000000000);
