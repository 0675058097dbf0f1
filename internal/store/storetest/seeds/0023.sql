UPDATE agent SET keys = '{"assign":"w","reply":"ü"}', after_solve = 'list', after_send = 'next', after_send_solve = 'stay', toured_at = 1700000000000061 WHERE id = 'g1';
