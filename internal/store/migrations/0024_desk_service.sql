-- When a brand's customers are answered, and how soon.
CREATE TABLE service_hours (
  brand_id TEXT   NOT NULL,
  name     TEXT   NOT NULL,
  place    BIGINT NOT NULL, -- among the brand's, from 0
  zone     TEXT   NOT NULL, -- Europe/Berlin
  region   TEXT   NOT NULL, -- whose holidays are kept, by its code of ISO 3166-2; empty: nobody's
  week     TEXT   NOT NULL, -- JSON: the spans of seven days, Sunday first, in minutes since midnight
  days     TEXT   NOT NULL, -- JSON: the spans of days that are otherwise, by their date
  PRIMARY KEY (brand_id, name)
);
CREATE TABLE answer_target (
  brand_id      TEXT   NOT NULL,
  network       TEXT   NOT NULL, -- empty: all that have none of their own
  place         BIGINT NOT NULL, -- among the brand's, from 0
  hours         TEXT   NOT NULL, -- in which the time counts; empty: around the clock
  first_minutes BIGINT NOT NULL, -- until the first answer in a case
  next_minutes  BIGINT NOT NULL, -- until every later one
  PRIMARY KEY (brand_id, network)
);
