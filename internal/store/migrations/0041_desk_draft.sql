-- What somebody has begun to write in a case, until it goes out.
CREATE TABLE draft (
  case_id    TEXT   NOT NULL,
  agent_id   TEXT   NOT NULL,
  way        TEXT   NOT NULL, -- reply, note
  version    TEXT   NOT NULL, -- a new one with every change, and never the same again
  written    TEXT   NOT NULL, -- JSON: the text, its subject and files, and where it is to go
  changed_at BIGINT NOT NULL, -- a month later it is forgotten
  PRIMARY KEY (case_id, agent_id, way)
);
CREATE INDEX draft_changed ON draft (changed_at);

-- Cases that the queue has served to somebody, and serves to nobody else until then.
CREATE TABLE reservation (
  case_id  TEXT   PRIMARY KEY,
  brand_id TEXT   NOT NULL,
  agent_id TEXT   NOT NULL,
  tab      TEXT   NOT NULL, -- in which of their tabs it is open
  until    BIGINT NOT NULL
);
CREATE INDEX reservation_until ON reservation (until);
CREATE INDEX reservation_agent ON reservation (agent_id, tab);
