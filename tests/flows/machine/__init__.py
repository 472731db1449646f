"""Random histories of the whole engine, judged by a naive model."""
