-- What somebody is in a brand: lead, agent, reviewer, reader. Administrators are leads in all of them.
CREATE TABLE membership (
  agent_id    TEXT   NOT NULL,
  brand_id    TEXT   NOT NULL,
  role        TEXT   NOT NULL,
  made_at     BIGINT NOT NULL,
  PRIMARY KEY (agent_id, brand_id)
);
INSERT INTO membership (agent_id, brand_id, role, made_at)
  SELECT a.id, b.id, 'agent', a.made_at FROM agent a CROSS JOIN brand b WHERE a.role = 'agent';
UPDATE agent SET role = 'member' WHERE role = 'agent';
