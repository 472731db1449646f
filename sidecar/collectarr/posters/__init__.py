"""Pictures of titles and collections: fetched once, checked, made small, kept on disk."""
