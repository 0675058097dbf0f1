INSERT INTO tally (brand_id, list, slot, n) VALUES ('b1', 'solved', 7, 1);
