INSERT INTO answer_target (brand_id, network, place, hours, first_minutes, next_minutes, warn_minutes, escalate_minutes, escalate_to) VALUES ('b1', 'mail', 1, '', 240, 240, 30, 60, 'a1');
UPDATE cases SET alarm_at = 1770000000000000, late = 1, told_at = 1760000000000000 WHERE state = 'open';
