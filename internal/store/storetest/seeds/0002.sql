INSERT INTO account (id, brand_id, network, name, self, settings, sealed, limits, since, cursor, state, reason, state_at, heard_at, polled_at, sent_at, refused, line_node, line_until, line_fence, made_at, removed_at) VALUES
  ('a1', 'b1', 'mail', 'Post', '{}', '{"host":"mail.example"}', {00ff0a090d5c}, '{}', 1690000000000000, 'uid:41', 'ok', '', 1, 2, 3, 4, 0, 'node-1', 1700000000000000, 7, 1690000000000000, 0),
  ('a2', 'b1', 'mail', 'Post', '{}', '{}', {}, '{}', 0, '', 'ok', '', 0, 0, 0, 0, 0, '', 0, 0, 0, 1695000000000000);
INSERT INTO inbox (account_id, key, kind, body, blob, received_at, state, error) VALUES
  ('a1', 'k1', 'poll', {46726f6d3a206d6972610d0a0d0a48616c6c6f5c4e0900}, '', 1700000000000000, 'kept', ''),
  ('a1', 'k2', 'poll', {}, '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', 1700000000000001, 'stuck', 'no');
INSERT INTO delivery (message_id, account_id, job_id, state, attempt, reads, reason, detail, remote_id, first_at, called_at, changed_at) VALUES
  ('m2', 'a1', 2, 'sent', 1, 0, '', '', '<r2@hilft>', 1700000000000005, 1700000000000005, 1700000000000006);
INSERT INTO mailbox (account_id, thread, key, body, at) VALUES ('a1', 'v1', 'm2', {7b7d}, 1700000000000006);
