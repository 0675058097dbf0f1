CREATE TABLE person (
  id         TEXT   PRIMARY KEY,
  brand_id   TEXT   NOT NULL,
  name       TEXT   NOT NULL,
  made_at    BIGINT NOT NULL
);
CREATE TABLE identity (
  id         TEXT   PRIMARY KEY,
  brand_id   TEXT   NOT NULL,
  person_id  TEXT   NOT NULL REFERENCES person (id),
  network    TEXT   NOT NULL,
  remote_id  TEXT   NOT NULL,
  handle     TEXT   NOT NULL,
  name       TEXT   NOT NULL,
  url        TEXT   NOT NULL,
  made_at    BIGINT NOT NULL,
  seen_at    BIGINT NOT NULL,
  UNIQUE (brand_id, network, remote_id)
);
CREATE INDEX identity_person ON identity (person_id);
