CREATE TABLE invites (
    id INTEGER PRIMARY KEY,
    token TEXT NOT NULL UNIQUE,             -- SHA-256 of what the link carries
    role TEXT NOT NULL CHECK (role IN ('user', 'administrator')),
    email TEXT,                             -- whom it is for, where that was said
    -- An administrator who is gone has invited nobody.
    invited_by INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at TEXT,
    used_by TEXT                            -- the name of the account that it made
) STRICT;
CREATE INDEX invites_by ON invites (invited_by);

CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,   -- a line that is pruned leaves a gap, never its number
    at TEXT NOT NULL,
    user_id INTEGER REFERENCES users ON DELETE SET NULL,
    actor TEXT,                             -- the name then; NULL: nobody who was signed in
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    client TEXT,
    details TEXT NOT NULL                   -- JSON object
) STRICT;
CREATE INDEX audit_action ON audit (action, id);
CREATE INDEX audit_user ON audit (user_id);
