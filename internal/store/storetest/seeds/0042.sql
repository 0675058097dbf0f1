INSERT INTO provider (id, name, issuer, client_id, sealed, rules, made_at, off_at, used_at) VALUES ('1', 'Firmenkonto', 'https://id.example', 'hilft', {00}, '{"domains":["nordnetz.example"]}', 1, 0, 1);
INSERT INTO provider_bond (id, issuer, subject, agent_id, made_at, used_at) VALUES ('pb1', 'https://id.example', 's1', 'g1', 1, 1);
INSERT INTO provider_departure (state, provider_id, purpose, agent_id, back, made_at, ends_at) VALUES ('st1', '1', 'enter', '', '/', 1, 9000000000000000);
INSERT INTO push_subscription (id, agent_id, session, sealed, since, made_at) VALUES ('ps1', 'g1', 't22', {00}, 1, 1);
INSERT INTO push_choice (agent_id, kinds) VALUES ('g1', 'assigned late');
INSERT INTO push_cursor (id, last) VALUES (1, 1);
