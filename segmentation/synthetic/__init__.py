"""A whole operator with known truth, any size, the same rows for the same seed."""
