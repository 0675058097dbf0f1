-- The processes that are the house, so that each can say how many there are.
CREATE TABLE node (
  id          TEXT   PRIMARY KEY,
  machine     TEXT   NOT NULL,
  version     TEXT   NOT NULL,
  nats        BIGINT NOT NULL, -- 1: its wake-ups reach other nodes
  made_at     BIGINT NOT NULL,
  seen_at     BIGINT NOT NULL
);
-- What waits until an administrator lets its account work again.
CREATE INDEX delivery_barred ON delivery (account_id) WHERE reason IN ('paused', 'sign_in');
