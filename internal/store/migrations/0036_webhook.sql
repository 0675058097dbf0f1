-- Where the events of a brand are posted.
CREATE TABLE webhook (
  id            TEXT   PRIMARY KEY,
  brand_id      TEXT   NOT NULL,
  url           TEXT   NOT NULL,
  types         TEXT   NOT NULL, -- which events, with spaces between
  sealed        BYTEA  NOT NULL, -- the secrets that sign, encrypted
  since         BIGINT NOT NULL, -- the event behind which it begins
  failures      BIGINT NOT NULL, -- one after the other, since it last took something
  failing_since BIGINT NOT NULL,
  retry_at      BIGINT NOT NULL, -- nothing is posted before
  off_at        BIGINT NOT NULL,
  off_why       TEXT   NOT NULL, -- person, failing, gone
  made_at       BIGINT NOT NULL
);
CREATE INDEX webhook_brand ON webhook (brand_id);
-- The last event that was written down for all endpoints.
CREATE TABLE webhook_cursor (
  id   BIGINT PRIMARY KEY, -- 1: there is one
  last BIGINT NOT NULL
);
CREATE TABLE webhook_delivery (
  id          TEXT   PRIMARY KEY,
  webhook_id  TEXT   NOT NULL,
  event_id    BIGINT NOT NULL, -- 0: a test
  type        TEXT   NOT NULL,
  case_id     TEXT   NOT NULL,
  body        TEXT   NOT NULL,
  state       TEXT   NOT NULL, -- waiting, delivered, failed
  attempts    BIGINT NOT NULL,
  status      BIGINT NOT NULL, -- of the last answer
  took_ms     BIGINT NOT NULL,
  answer      TEXT   NOT NULL, -- how it began
  error       TEXT   NOT NULL,
  made_at     BIGINT NOT NULL,
  asked_at    BIGINT NOT NULL, -- since when it is tried
  tried_at    BIGINT NOT NULL
);
CREATE UNIQUE INDEX webhook_delivery_event ON webhook_delivery (webhook_id, event_id) WHERE event_id <> 0;
CREATE INDEX webhook_delivery_log ON webhook_delivery (webhook_id, id);
CREATE INDEX webhook_delivery_made ON webhook_delivery (made_at);
