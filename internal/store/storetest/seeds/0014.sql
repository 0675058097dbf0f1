INSERT INTO returned (account_id, remote_id, reason, detail, at) VALUES ('a1', '<r3@hilft>', 'no_recipient', '550 5.1.1 no such user', 1700000000000040);
UPDATE account SET renewing_until = 1700000000000041 WHERE id = 'a1';
UPDATE message SET addressed = 'hilfe@nordnetz.example', genuine = 'confirmed', proofs = 'spf=pass dkim=pass' WHERE id = 'm1';
UPDATE brand SET signature = 'Zähler & Söhne
Am Deich 1', receipt_de = 'Ihre Nachricht ist da.', receipt_en = 'We have your message.' WHERE id = 'b1';
UPDATE agent SET signature = 'Ihre Mira' WHERE id = 'g1';
INSERT INTO receipt (brand_id, who, at) VALUES ('b1', '5f2b', 1700000000000044);
