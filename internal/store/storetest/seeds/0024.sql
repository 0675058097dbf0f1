INSERT INTO service_hours (brand_id, name, place, zone, region, week, days) VALUES
  ('b1', 'Telefonzeiten', 0, 'Europe/Berlin', 'DE-BE', '[null,[{"from":480,"to":1080}],null,null,null,null,null]', '{"2026-12-24":[{"from":480,"to":720}]}');
INSERT INTO answer_target (brand_id, network, place, hours, first_minutes, next_minutes) VALUES ('b1', '', 0, 'Telefonzeiten', 60, 120);
