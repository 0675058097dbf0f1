INSERT INTO webhook (id, brand_id, url, types, sealed, since, failures, failing_since, retry_at, off_at, off_why, made_at) VALUES ('wh1', 'b1', 'https://erp.example/hilft', 'case.opened reply.sent', {00}, 1, 0, 0, 0, 0, '', 1);
INSERT INTO webhook_cursor (id, last) VALUES (1, 1);
INSERT INTO webhook_delivery (id, webhook_id, event_id, type, case_id, body, state, attempts, status, took_ms, answer, error, made_at, asked_at, tried_at) VALUES ('wd1', 'wh1', 1, 'case.opened', 'c1', '{}', 'delivered', 1, 200, 12, 'ok', '', 1, 1, 1);
