-- The backups that were made of this house. What a backup holds of it is none of this: it is about the house it came from.
CREATE TABLE backup (
  id          TEXT   PRIMARY KEY,
  began_at    BIGINT NOT NULL, -- what was committed until then is in it
  ended_at    BIGINT NOT NULL, -- it was complete and on the disk
  bytes       BIGINT NOT NULL, -- size of the file
  row_count   BIGINT NOT NULL,
  media_count BIGINT NOT NULL,
  damaged     BIGINT NOT NULL, -- media that could not be read, and are not in it
  whole       BIGINT NOT NULL  -- 1: with media
);
CREATE INDEX backup_ended ON backup (ended_at);
