-- Names and addresses as they are compared: letter case and width outside ASCII count as little
-- as inside it. `folded` is a function that the program brings along.
ALTER TABLE users ADD COLUMN username_key TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN email_key TEXT;
-- Where two had been let in that are one by now, the older keeps the name; the younger is still
-- found by the exact spelling.
UPDATE users SET
    username_key = folded(username) || CASE WHEN EXISTS (SELECT 1 FROM users AS other
        WHERE other.id < users.id
        AND folded(users.username) IN (folded(other.username), folded(other.email)))
        THEN char(10) || id ELSE '' END,
    email_key = folded(email) || CASE WHEN EXISTS (SELECT 1 FROM users AS other
        WHERE other.id < users.id
        AND folded(users.email) IN (folded(other.username), folded(other.email)))
        THEN char(10) || id ELSE '' END;
CREATE UNIQUE INDEX users_username_key ON users (username_key);
CREATE UNIQUE INDEX users_email_key ON users (email_key);

-- Refresh tokens that were used up. Each is honoured for a short grace, with the successor that
-- is good then.
CREATE TABLE spent_tokens (
    hash TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE,
    spent_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX spent_tokens_session ON spent_tokens (session_id);
INSERT INTO spent_tokens (hash, session_id, spent_at)
    SELECT spent_hash, id, spent_at FROM sessions
    WHERE spent_hash IS NOT NULL AND spent_at IS NOT NULL;
DROP INDEX sessions_spent;
ALTER TABLE sessions DROP COLUMN spent_hash;
