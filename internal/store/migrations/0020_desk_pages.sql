-- One index for what is somebody's and for what is nobody's. It is not partial: wherever a partial index compares a column
-- with a constant and a question compares it with a parameter, SQLite plans that question anew for every value.
DROP INDEX cases_mine;
CREATE INDEX cases_owner ON cases (brand_id, agent_id, state, rank, id);
