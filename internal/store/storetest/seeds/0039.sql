INSERT INTO saved_view (id, brand_id, owner_id, shared, name, filter, sort, place, list, mine, counted, made_at)
  VALUES ('v1', 'b1', 'a1', 1, 'Eilig', '{"priorities":["urgent","high"]}', 'next', 0, 'view:v1:1', 0, 1, 1760000000000000);
INSERT INTO saved_view_stamp (one, stamp) VALUES (1, '1');
