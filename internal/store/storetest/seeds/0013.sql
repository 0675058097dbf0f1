INSERT INTO node (id, machine, version, nats, made_at, seen_at, commit_us, data_free, data_total, media_free, media_total) VALUES ('n2', 'sylt', 'v2', 0, 1700000000000000, 1700000000000030, 4100, 5000000000, 9000000000, 0, 0);
INSERT INTO watch (what, value, at) VALUES ('limits', '{"account_minutes":15,"lag_minutes":10,"disk_mb":2048,"backup_hours":30}', 1700000000000000), ('look', 'n2', 1700000000000030);
INSERT INTO alert (id, brand_id, condition, subject, data, raised_at, told_at, gone_at, resolved_at) VALUES
  ('l1', 'b1', 'account', 'a1', '{"name":"Post \\ Söhne","state":"trouble","seconds":900}', 1700000000000000, 1700000000000000, 0, 0),
  ('l2', '', 'disk', 'sylt data', '{"name":"sylt data","bytes":1048576}', 1690000000000000, 1690000000000000, 1690000000000009, 1690000000000010);
INSERT INTO alert_target (id, brand_id, kind, address, account_id, sealed, told_at, error, made_at) VALUES
  ('z1', 'b1', 'email', 'betrieb@example.org', 'a1', {}, 1700000000000000, '', 1690000000000000),
  ('z2', 'b1', 'webhook', 'https://alarm.example/in', '', {00ff0a}, 0, 'answered 500', 1690000000000000);
INSERT INTO canary (account_id, every, due_at, mark, sent_at, waits_since, heard_at, took_us, error) VALUES ('a1', 60, 1700003600000000, 'm-1', 1700000000000000, 1700000000000000, 1690000000000000, 2100000, '');
