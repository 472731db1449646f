-- What a collection holds moved since its last sync: what is said of it is said as of now.
ALTER TABLE collections ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
