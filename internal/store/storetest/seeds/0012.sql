INSERT INTO backup (id, began_at, ended_at, bytes, row_count, media_count, damaged, whole) VALUES ('k1', 1, 2, 3, 4, 5, 0, 1);
