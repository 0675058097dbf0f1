-- Cases are numbered in one row; gaps do not matter, waiting for each other would.
CREATE TABLE case_number (
  last BIGINT NOT NULL
);
INSERT INTO case_number (last) VALUES (1000);
