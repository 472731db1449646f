"""What Collectarr remembers, in SQLite: one file per table family. SQL stands nowhere else."""
