-- How many cases each list has, kept by every change of a case: a list is asked for far more often than it changes, and to
-- count a million rows takes longer than to show a page of them.
CREATE TABLE tally (
  brand_id TEXT   NOT NULL,
  list     TEXT   NOT NULL, -- open, waiting, solved, unassigned, trouble, and mine:<agent> of those that are open
  slot     BIGINT NOT NULL, -- the number is the sum of its slots
  n        BIGINT NOT NULL,
  PRIMARY KEY (brand_id, list, slot)
);

INSERT INTO tally (brand_id, list, slot, n)
SELECT brand_id, state, 0, COUNT(*) FROM cases GROUP BY brand_id, state
UNION ALL SELECT brand_id, 'unassigned', 0, COUNT(*) FROM cases WHERE state = 'open' AND agent_id = '' GROUP BY brand_id
UNION ALL SELECT brand_id, 'mine:' || agent_id, 0, COUNT(*) FROM cases WHERE state = 'open' AND agent_id <> '' GROUP BY brand_id, agent_id
UNION ALL SELECT brand_id, 'trouble', 0, COUNT(*) FROM cases WHERE trouble > 0 GROUP BY brand_id;
