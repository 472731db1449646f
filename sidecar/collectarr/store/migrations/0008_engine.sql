-- A signed-in administrator of a server: deletes what no API key may delete, hears live events.
ALTER TABLE servers ADD COLUMN user_token TEXT;              -- sealed
ALTER TABLE servers ADD COLUMN user_name TEXT;
ALTER TABLE servers ADD COLUMN abilities TEXT NOT NULL DEFAULT '{}';    -- JSON: what was probed
ALTER TABLE libraries ADD COLUMN used INTEGER NOT NULL DEFAULT 1 CHECK (used IN (0, 1));

ALTER TABLE collections ADD COLUMN upkeep TEXT NOT NULL DEFAULT '{}';   -- JSON: how box sets are kept
ALTER TABLE collections ADD COLUMN look TEXT NOT NULL DEFAULT '{}';     -- JSON: how they look
ALTER TABLE collections ADD COLUMN paused TEXT;              -- why a person has to start it again

ALTER TABLE targets ADD COLUMN resting TEXT;                 -- why its box set is empty on purpose
ALTER TABLE targets ADD COLUMN dressed TEXT;                 -- JSON: the look as we last wrote it
ALTER TABLE targets ADD COLUMN poster TEXT;                  -- JSON: whose picture it has there

-- What a person said of one title, for all of their lists.
CREATE TABLE corrections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    act TEXT NOT NULL CHECK (act IN ('pin', 'map', 'exclude')),
    title TEXT NOT NULL,                    -- JSON: the title as its list has it
    server_id INTEGER REFERENCES servers ON DELETE CASCADE,     -- of a pin
    means TEXT,                             -- JSON: the items of a pin, the other title of a map
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX corrections_user ON corrections (user_id);
ALTER TABLE users ADD COLUMN corrected INTEGER NOT NULL DEFAULT 0;      -- moves with each of them

ALTER TABLE run_changes ADD COLUMN box_set_id TEXT;
ALTER TABLE run_changes ADD COLUMN details TEXT;             -- JSON: what undoing it needs
ALTER TABLE runs ADD COLUMN undoes INTEGER REFERENCES runs ON DELETE SET NULL;
ALTER TABLE runs ADD COLUMN stages TEXT NOT NULL DEFAULT '[]';          -- JSON: [stage, seconds]

-- How much of a collection was there at the end of each day; server 0: on any of them.
CREATE TABLE coverage_days (
    collection_id INTEGER NOT NULL REFERENCES collections ON DELETE CASCADE,
    server_id INTEGER NOT NULL,
    day TEXT NOT NULL,
    owned INTEGER NOT NULL,
    total INTEGER NOT NULL,
    PRIMARY KEY (collection_id, server_id, day)
) STRICT, WITHOUT ROWID;

-- Why a token could not be renewed: told until a renewal succeeds, whatever else goes well.
ALTER TABLE source_accounts ADD COLUMN unrenewed TEXT;
