INSERT INTO search_state (id, version, event_id, walked, walking, docs, words, runs, changes, came_at) VALUES (1, 0, 0, '', 1, 1, 1, 1, 1, 1);
INSERT INTO search_text (n, message_id, came_at, words) VALUES (1, 'm1', 1, {0100});
INSERT INTO search_word (id, brand_id, word) VALUES (1, 'b1', 'stoerung');
INSERT INTO search_gram (key) VALUES (4294967297);
INSERT INTO search_run (id, low, high) VALUES (1, 1, 1);
INSERT INTO search_page (id, body) VALUES (4294967297, {0001010100});
INSERT INTO search_change (message_id) VALUES ('m1');
