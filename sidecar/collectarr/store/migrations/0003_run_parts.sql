-- The parts of a run are looked up with it, and go with it.
CREATE INDEX runs_parent ON runs (parent_id) WHERE parent_id IS NOT NULL;
