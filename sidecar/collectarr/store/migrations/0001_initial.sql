CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    username TEXT NOT NULL UNIQUE COLLATE NOCASE,
    email TEXT UNIQUE COLLATE NOCASE,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('user', 'administrator')),
    theme TEXT NOT NULL DEFAULT 'dark' CHECK (theme IN ('dark', 'light', 'system')),
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,                    -- SHA-256 of the random id in the token
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('browser', 'api')),
    csrf TEXT NOT NULL,
    refresh_hash TEXT,                      -- the one refresh token that is good now
    spent_hash TEXT,                        -- its predecessor, honoured for a short grace
    spent_at TEXT,
    successor TEXT,                         -- sealed: given again to a retry within the grace
    agent TEXT,
    client TEXT,
    created_at TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_refresh ON sessions (refresh_hash);
CREATE INDEX sessions_spent ON sessions (spent_hash);

CREATE TABLE servers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('emby', 'jellyfin')),
    url TEXT NOT NULL,
    api_key TEXT NOT NULL,                  -- sealed
    uid TEXT NOT NULL,                      -- Emby's own id of the machine
    version TEXT NOT NULL,
    admin_user_id TEXT NOT NULL,            -- members are read with this Emby user
    delta_filter TEXT,                      -- proven for delta_version; NULL = not yet tried
    delta_version TEXT,
    delta_since TEXT,                       -- the next delta read starts here
    swept_at TEXT,
    generation INTEGER NOT NULL DEFAULT 0,  -- moves whenever the presence changes
    checked_at TEXT,
    error TEXT,
    created_at TEXT NOT NULL,
    UNIQUE (user_id, uid)
) STRICT;

CREATE TABLE libraries (
    server_id INTEGER NOT NULL REFERENCES servers ON DELETE CASCADE,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    locations TEXT NOT NULL,                -- JSON array
    PRIMARY KEY (server_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE items (
    server_id INTEGER NOT NULL REFERENCES servers ON DELETE CASCADE,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    original_title TEXT,
    year INTEGER,
    imdb TEXT,
    tmdb INTEGER,
    tvdb INTEGER,
    library_id TEXT,
    versions TEXT,
    added_at TEXT NOT NULL,
    PRIMARY KEY (server_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX items_added ON items (server_id, added_at);

CREATE TABLE lists (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    reference TEXT NOT NULL,
    audience TEXT NOT NULL,                 -- 'public' or 'user:N'
    name TEXT NOT NULL,
    owner TEXT,
    url TEXT,
    description TEXT,
    version TEXT,                           -- the source's mark of the snapshot
    item_count INTEGER NOT NULL DEFAULT 0,  -- rows of the last good snapshot
    good_count INTEGER NOT NULL DEFAULT 0,  -- rows of the last one that raised no suspicion
    short_by INTEGER NOT NULL DEFAULT 0,    -- rows that its last read promised and did not give
    snapshot INTEGER NOT NULL DEFAULT 0,    -- counts good snapshots
    read_at TEXT,
    checked_at TEXT,
    error TEXT,
    error_at TEXT,
    suspect TEXT,                           -- why removals on this snapshot must be approved
    UNIQUE (source, reference, audience)
) STRICT;

CREATE TABLE list_items (
    list_id INTEGER NOT NULL REFERENCES lists ON DELETE CASCADE,
    rank INTEGER NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    original_title TEXT,
    year INTEGER,
    imdb TEXT,
    tmdb INTEGER,
    tvdb INTEGER,
    trakt INTEGER,
    poster TEXT,
    PRIMARY KEY (list_id, rank)
) STRICT, WITHOUT ROWID;

CREATE TABLE list_access (
    list_id INTEGER NOT NULL REFERENCES lists ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    checked_at TEXT NOT NULL,
    PRIMARY KEY (list_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_accounts (
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    source TEXT NOT NULL,
    secret TEXT NOT NULL,                   -- sealed
    username TEXT,
    plan TEXT,
    quota_limit INTEGER,
    quota_left INTEGER,
    quota_resets_at TEXT,
    checked_at TEXT,
    error TEXT,
    PRIMARY KEY (user_id, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE collections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    name TEXT NOT NULL,
    mode TEXT NOT NULL DEFAULT 'keep' CHECK (mode IN ('keep', 'mirror', 'add_only')),
    interval_hours INTEGER NOT NULL DEFAULT 24 CHECK (interval_hours BETWEEN 1 AND 168),
    enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    every_server INTEGER NOT NULL DEFAULT 1 CHECK (every_server IN (0, 1)),
    revision INTEGER NOT NULL DEFAULT 1,    -- moves with each edit that changes what to sync
    due_at TEXT NOT NULL,
    last_synced_at TEXT,
    wanted INTEGER,                         -- titles of the last plan, NULL before it
    owned INTEGER,                          -- of those, on at least one server
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX collections_user ON collections (user_id);
CREATE INDEX collections_due ON collections (due_at) WHERE enabled = 1;

CREATE TABLE collection_lists (
    collection_id INTEGER NOT NULL REFERENCES collections ON DELETE CASCADE,
    position INTEGER NOT NULL,
    list_id INTEGER NOT NULL REFERENCES lists,
    op TEXT NOT NULL DEFAULT 'union' CHECK (op IN ('union', 'intersect', 'minus')),
    trusted_count INTEGER,                  -- rows that a person agreed to, however odd
    PRIMARY KEY (collection_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX collection_lists_list ON collection_lists (list_id);

CREATE TABLE targets (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    collection_id INTEGER NOT NULL REFERENCES collections ON DELETE CASCADE,
    server_id INTEGER NOT NULL REFERENCES servers ON DELETE CASCADE,
    box_set_id TEXT,
    box_set_name TEXT,                      -- as last seen in Emby
    set_name TEXT,                          -- as we last named it; another one is a person's
    origin TEXT CHECK (origin IN ('created', 'adopted')),
    state TEXT NOT NULL DEFAULT 'ok' CHECK (state IN ('ok', 'stopped')),
    intent TEXT,                            -- JSON: a creation that was begun
    etag TEXT,                              -- NULL until seen settled
    child_count INTEGER,
    written_at TEXT,                        -- last write; a settled read must be younger
    inputs TEXT,                            -- what the last finished plan was made from
    held TEXT,                              -- JSON: what waits for a person
    owned INTEGER,                          -- titles of the collection on this server
    UNIQUE (collection_id, server_id)
) STRICT;
CREATE UNIQUE INDEX targets_box_set ON targets (server_id, box_set_id)
    WHERE box_set_id IS NOT NULL;

CREATE TABLE members (
    target_id INTEGER NOT NULL REFERENCES targets ON DELETE CASCADE,
    item_id TEXT NOT NULL,
    owner TEXT NOT NULL CHECK (owner IN ('ours', 'found')),
    state TEXT NOT NULL CHECK (state IN ('adding', 'in', 'removing', 'kept_out', 'pinned')),
    run_id INTEGER,
    since TEXT NOT NULL,
    PRIMARY KEY (target_id, item_id)
) STRICT, WITHOUT ROWID;

-- Which item of which server stands for which row of a collection: what the pages show.
CREATE TABLE matches (
    collection_id INTEGER NOT NULL REFERENCES collections ON DELETE CASCADE,
    rank INTEGER NOT NULL,
    server_id INTEGER NOT NULL REFERENCES servers ON DELETE CASCADE,
    item_ids TEXT NOT NULL,                 -- JSON array, empty = not there
    matched_by TEXT,
    why TEXT NOT NULL,
    near TEXT NOT NULL DEFAULT '[]',        -- JSON: what nearly matched
    PRIMARY KEY (collection_id, rank, server_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    parent_id INTEGER REFERENCES runs ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    collection_id INTEGER REFERENCES collections ON DELETE SET NULL,
    name TEXT NOT NULL,                     -- the collection's name then, or what was done
    trigger TEXT NOT NULL,
    status TEXT NOT NULL,
    stage TEXT,
    message TEXT,
    error_code TEXT,
    counts TEXT NOT NULL DEFAULT '{}',
    requests TEXT NOT NULL DEFAULT '{}',
    held TEXT,                              -- JSON: removals that wait for approval, per server
    queued_at TEXT NOT NULL,
    started_at TEXT,
    finished_at TEXT
) STRICT;
CREATE INDEX runs_user ON runs (user_id, id);
CREATE INDEX runs_collection ON runs (collection_id, id);
CREATE INDEX runs_parent ON runs (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX runs_open ON runs (status) WHERE status IN ('QUEUED', 'RUNNING');

CREATE TABLE run_changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    server_id INTEGER,
    op TEXT NOT NULL,
    item_id TEXT,
    title TEXT NOT NULL,
    year INTEGER,
    why TEXT NOT NULL
) STRICT;
CREATE INDEX run_changes_run ON run_changes (run_id);

CREATE TABLE run_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    at TEXT NOT NULL,
    level TEXT NOT NULL,
    message TEXT NOT NULL
) STRICT;
CREATE INDEX run_log_run ON run_log (run_id);
