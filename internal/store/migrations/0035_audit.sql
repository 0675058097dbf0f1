-- What people did to the house and whose private words they read, as a chain: each row holds the hash of the one before.
CREATE TABLE audit (
  n           BIGINT PRIMARY KEY, -- from 1, without a gap
  at          BIGINT NOT NULL,
  brand_id    TEXT   NOT NULL, -- empty: of the whole house
  who         TEXT   NOT NULL, -- an agent's id; empty: nobody who works here
  what        TEXT   NOT NULL,
  about       TEXT   NOT NULL, -- id of what it is about
  detail      TEXT   NOT NULL, -- JSON in its one form: ids, roles, names of settings
  hash        TEXT   NOT NULL  -- SHA-256 of the hash before and of the row, in hexadecimal
);
CREATE INDEX audit_at ON audit (at, n);
CREATE INDEX audit_brand ON audit (brand_id, what, n);
CREATE INDEX audit_who ON audit (who, n);
CREATE INDEX audit_what ON audit (what, n);
-- Its end.
CREATE TABLE audit_head (
  id             BIGINT PRIMARY KEY, -- 1: there is one
  n              BIGINT NOT NULL,
  hash           TEXT   NOT NULL,
  signed_n       BIGINT NOT NULL, -- up to which row it was signed
  signed_hash    TEXT   NOT NULL,
  mac            TEXT   NOT NULL, -- HMAC of both, by a key that is not in the database
  check_begun_at BIGINT NOT NULL,
  checked_at     BIGINT NOT NULL, -- when the whole chain was last gone through
  checked_n      BIGINT NOT NULL,
  fault          TEXT   NOT NULL  -- what was wrong; empty: nothing
);
