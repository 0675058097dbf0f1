INSERT INTO cases (id, number, brand_id, person_id, title, state, agent_id, account_id, network, visibility, preview, language, waits_since, due_at, answered, trouble, rank, changed_at, made_at, solved_at) VALUES
  ('c1', 1001, 'b1', 'p1', 'Kein Netz', 'waiting', 'g1', 'a1', 'mail', 'private', 'Kein Netz …', 'de', 0, 0, 1, 0, 0, 1700000000000007, 1700000000000000, 0);
INSERT INTO conversation (id, brand_id, account_id, network, thread, visibility, person_id, case_id, subject, url, made_at) VALUES ('v1', 'b1', 'a1', 'mail', '', 'private', 'p1', 'c1', 'Kein Netz', '', 1700000000000000);
INSERT INTO conversation_ref (account_id, visibility, ref, conversation_id) VALUES ('a1', 'private', 'm:<r1@example.net>', 'v1');
INSERT INTO message (id, brand_id, conversation_id, case_id, account_id, network, remote_id, direction, visibility, identity_id, agent_id, in_reply_to, subject, body, quoted, html, url, files, auto, at, made_at, edited_at, deleted_at, delivery, reason, detail, retry_at, request) VALUES
  ('m1', 'b1', 'v1', 'c1', 'a1', 'mail', '<r1@example.net>', 'inbound', 'private', 'i1', '', '', 'Kein Netz', 'Seit gestern kein Netz. \
Was nun? 📶', '', '', '', '[]', 0, 1700000000000000, 1700000000000001, 0, 0, '', '', '', 0, ''),
  ('m2', 'b1', 'v1', 'c1', 'a1', 'mail', '', 'outbound', 'private', '', 'g1', '<r1@example.net>', 'Re: Kein Netz', 'Es geht wieder.', '', '', '', '[]', 0, 1700000000000004, 1700000000000004, 0, 0, 'queued', '', '', 0, 'q1');
INSERT INTO pending_change (account_id, remote_id, kind, at, body, html) VALUES ('a1', 'r9', 'deleted', 1700000000000000, '', '');
