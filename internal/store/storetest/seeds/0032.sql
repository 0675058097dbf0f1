INSERT INTO tag (id, brand_id, name, folded, goes, into_id, made_at) VALUES ('t1', 'b1', 'Rechnung', 'rechnung', 0, '', 1760000000000000);
INSERT INTO case_tag (tag_id, case_id, state, rank, changed_at) SELECT 't1', id, state, rank, changed_at FROM cases WHERE brand_id = 'b1';
UPDATE cases SET tags = 't1', priority = 'high', named = 1 WHERE brand_id = 'b1';
INSERT INTO tagging (brand_id, closed) VALUES ('b1', 1);
