-- How a server tells us of changes. The token of its webhook address: by hash to look it up,
-- sealed to show it to its owner.
ALTER TABLE servers ADD COLUMN webhook_hash TEXT;
ALTER TABLE servers ADD COLUMN webhook_token TEXT;           -- sealed
ALTER TABLE servers ADD COLUMN webhook_made_at TEXT;
ALTER TABLE servers ADD COLUMN webhook_heard_at TEXT;        -- last event that counted, by its way
ALTER TABLE servers ADD COLUMN socket_heard_at TEXT;
ALTER TABLE servers ADD COLUMN polling_heard_at TEXT;        -- last read that found a change
ALTER TABLE servers ADD COLUMN delta_at TEXT;                -- last delta read that came through
ALTER TABLE servers ADD COLUMN delta_due TEXT;               -- since then events were not kept
ALTER TABLE servers ADD COLUMN sweep_due TEXT;               -- the same, and some were removals
ALTER TABLE servers ADD COLUMN bridge TEXT;                  -- JSON: the notification made in Emby
CREATE UNIQUE INDEX servers_webhook ON servers (webhook_hash) WHERE webhook_hash IS NOT NULL;

-- Items to be looked at, each once, however often a server names it. A new event about an item
-- makes a new row in place of the old: what is being worked on cannot take it along.
CREATE TABLE inbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    server_id INTEGER NOT NULL REFERENCES servers ON DELETE CASCADE,
    item_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('added', 'updated', 'removed')),
    item_type TEXT,                         -- Emby's word, NULL where it did not say
    way TEXT NOT NULL CHECK (way IN ('webhook', 'socket', 'polling')),
    received_at TEXT NOT NULL,
    due_at TEXT NOT NULL,                   -- not to be read before
    tries INTEGER NOT NULL DEFAULT 0,       -- reads after which its ids were still missing
    UNIQUE (server_id, item_id)
) STRICT;
CREATE INDEX inbox_due ON inbox (server_id, due_at);

-- What came in and what became of it: for people. Only the last ones of each server are kept.
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    server_id INTEGER NOT NULL REFERENCES servers ON DELETE CASCADE,
    way TEXT NOT NULL CHECK (way IN ('webhook', 'socket', 'polling')),
    event TEXT NOT NULL,                    -- as the server calls it
    item_id TEXT,
    name TEXT,
    outcome TEXT NOT NULL,
    said TEXT NOT NULL DEFAULT '',
    received_at TEXT NOT NULL,
    settled_at TEXT
) STRICT;
CREATE INDEX deliveries_server ON deliveries (server_id, id);

-- From event to member, counted by how long it took at most.
CREATE TABLE delays (
    server_id INTEGER NOT NULL REFERENCES servers ON DELETE CASCADE,
    up_to_ms INTEGER NOT NULL,              -- upper end of the bucket, 0: longer than all
    times INTEGER NOT NULL,
    PRIMARY KEY (server_id, up_to_ms)
) STRICT, WITHOUT ROWID;
