CREATE TABLE api_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,   -- a revoked key never gives its number to another
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,                   -- how people recognise it
    hash TEXT NOT NULL UNIQUE,              -- SHA-256 of the key
    scope TEXT NOT NULL CHECK (scope IN ('read', 'run', 'admin')),
    created_at TEXT NOT NULL,
    expires_at TEXT,                        -- NULL: never
    used_at TEXT
) STRICT;
CREATE INDEX api_keys_user ON api_keys (user_id);
