ALTER TABLE lists ADD COLUMN source_id TEXT;     -- names it at its source whatever it is called
ALTER TABLE lists ADD COLUMN state TEXT NOT NULL DEFAULT 'ok'
    CHECK (state IN ('ok', 'private', 'gone', 'failing'));
ALTER TABLE lists ADD COLUMN promised INTEGER;   -- rows that its last reading was promised
ALTER TABLE lists ADD COLUMN came INTEGER;       -- and those that it brought, good or not
ALTER TABLE lists ADD COLUMN changed_at TEXT;    -- when its owner last changed it, as the source says
ALTER TABLE lists ADD COLUMN poster TEXT;

ALTER TABLE list_items ADD COLUMN genres TEXT NOT NULL DEFAULT '[]';    -- JSON array
ALTER TABLE list_items ADD COLUMN rating INTEGER;                       -- of 100
ALTER TABLE list_items ADD COLUMN released TEXT;                        -- a day
ALTER TABLE list_items ADD COLUMN added_at TEXT;
ALTER TABLE list_items ADD COLUMN via TEXT;      -- season or episode: the show stands for it
ALTER TABLE list_items ADD COLUMN key TEXT;      -- names a row that a person keeps by hand
ALTER TABLE list_items ADD COLUMN note TEXT;
CREATE UNIQUE INDEX list_items_key ON list_items (list_id, key) WHERE key IS NOT NULL;

ALTER TABLE source_accounts ADD COLUMN state TEXT NOT NULL DEFAULT 'connected'
    CHECK (state IN ('connected', 'reconnect'));
ALTER TABLE source_accounts ADD COLUMN expires_at TEXT;                 -- of a token; NULL for a key
ALTER TABLE source_accounts ADD COLUMN read_at TEXT;                    -- last good reading with it

ALTER TABLE collections ADD COLUMN merge TEXT NOT NULL DEFAULT 'in_order'
    CHECK (merge IN ('in_order', 'turns'));
ALTER TABLE collections ADD COLUMN rules TEXT NOT NULL DEFAULT '{}';    -- JSON: filters, order, limit

-- Tells which title of the collection is meant, wherever its rank has gone since; NULL: that rank.
ALTER TABLE matches ADD COLUMN title INTEGER;

-- What is in or out of a collection whatever its lists say.
CREATE TABLE collection_titles (
    collection_id INTEGER NOT NULL REFERENCES collections ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('pin', 'exclude')),
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    original_title TEXT,
    year INTEGER,
    imdb TEXT,
    tmdb INTEGER,
    tvdb INTEGER,
    trakt INTEGER,
    PRIMARY KEY (collection_id, role, position)
) STRICT, WITHOUT ROWID;

-- What sources said of a title of which a list gave one id only.
CREATE TABLE known_titles (
    kind TEXT NOT NULL,
    provider TEXT NOT NULL,
    id TEXT NOT NULL,
    answer TEXT,                            -- JSON: the whole title; NULL: nobody knows it
    asked_at TEXT NOT NULL,
    PRIMARY KEY (kind, provider, id)
) STRICT, WITHOUT ROWID;

-- Rows that a person took off a list kept by hand, while that can be undone.
CREATE TABLE removed_rows (
    token TEXT PRIMARY KEY,
    list_id INTEGER NOT NULL REFERENCES lists ON DELETE CASCADE,
    row TEXT NOT NULL,                      -- JSON
    removed_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX removed_rows_list ON removed_rows (list_id, removed_at);

CREATE INDEX items_imdb ON items (server_id, imdb) WHERE imdb IS NOT NULL;
CREATE INDEX items_tmdb ON items (server_id, kind, tmdb) WHERE tmdb IS NOT NULL;
CREATE INDEX items_tvdb ON items (server_id, kind, tvdb) WHERE tvdb IS NOT NULL;
