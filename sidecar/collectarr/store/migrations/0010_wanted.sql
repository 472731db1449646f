-- Which titles a collection wants, as its last plan had them: see `collectarr.sync.wanted`.
CREATE TABLE wanted (
    collection_id INTEGER PRIMARY KEY REFERENCES collections ON DELETE CASCADE,
    made_of TEXT NOT NULL,                  -- what decided it: lists, rules, corrections
    keys BLOB NOT NULL                      -- hashes of ids and names, each with its rank
) STRICT;
