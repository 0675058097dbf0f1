-- The messages that wait for others of their account: how long the oldest has waited is asked every few seconds.
CREATE INDEX delivery_busy ON delivery (changed_at) WHERE reason = 'busy';

-- Letters that carry an answer on and did not arrive are to be seen to, like replies. Cases of which nothing was heard
-- since that is so say it from now on. Trouble comes first, by a hundred years of the order in which cases are answered.
UPDATE cases SET
  rank = CASE WHEN trouble > 0 THEN rank ELSE rank - 3155760000000000 END,
  trouble = (SELECT COUNT(*) FROM message m WHERE m.case_id = cases.id AND m.direction = 'outbound'
    AND (m.delivery = 'unknown' OR m.delivery = 'failed' AND m.let_go_at = 0)
    AND (m.auto = 0 OR EXISTS (SELECT 1 FROM onward o WHERE o.letter_id = m.id)))
WHERE id IN (SELECT m.case_id FROM message m JOIN onward o ON o.letter_id = m.id
  WHERE m.delivery = 'unknown' OR m.delivery = 'failed' AND m.let_go_at = 0);
