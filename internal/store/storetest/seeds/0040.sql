INSERT INTO person (id, brand_id, name, made_at, root_id, company_id) VALUES ('p9', 'b1', 'Jörg', 1760000000000000, 'p1', 'co1');
INSERT INTO identity (id, brand_id, person_id, network, remote_id, handle, name, url, made_at, seen_at) VALUES ('i9', 'b1', 'p9', 'mastodon', '9', '@joerg@plaza.example', 'Jörg', '', 1760000000000000, 1760000000000000);
INSERT INTO person_link (id, brand_id, one_id, other_id, kind, evidence, state, given_id, back_id, reason, made_at, made_by, decided_at, decided_by) VALUES ('l1', 'b1', 'p1', 'p9', 'agent', 'x', 'linked', '', '', 'am Telefon gefragt', 1760000000000000, 'g1', 1760000000000000, 'g1');
INSERT INTO proven_address (brand_id, address, identity_id, how, message_id, at) VALUES ('b1', 'joerg@example.net', 'i1', 'home', 'm1', 1760000000000000);
INSERT INTO link_code (brand_id, code, person_id, conversation_id, made_at, made_by, ends_at) VALUES ('b1', 'BCD2-FGH3', 'p1', 'v1', 1760000000000000, 'g1', 1760600000000000);
INSERT INTO person_note (id, brand_id, person_id, body, was, version, made_at, made_by, changed_at, changed_by, removed_at) VALUES ('n1', 'b1', 'p1', 'Bitte siezen', '', 1, 1760000000000000, 'g1', 0, '', 0);
INSERT INTO consent (id, brand_id, person_id, identity_id, purpose, given, how, message_id, remark, at, made_at, made_by) VALUES ('ct1', 'b1', 'p1', 'i1', 'service', 1, 'call', '', 'am Telefon', 1760000000000000, 1760000000000000, 'g1');
INSERT INTO company (id, brand_id, name, folded, number, made_at) VALUES ('co1', 'b1', 'Zähler & Söhne', 'zähler & söhne', 'K-17', 1760000000000000);
