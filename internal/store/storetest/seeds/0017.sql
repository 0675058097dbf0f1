INSERT INTO shown (account_id, remote_id, at) VALUES ('a1', 'r1', 1700000000000000);
INSERT INTO mail_address (identity_id, address, language, at) VALUES ('i1', 'mira@example.org', 'de', 1700000000000000);
INSERT INTO onward (message_id, letter_id, address, at) VALUES ('m1', 'm17', 'mira@example.org', 1700000000000000);
