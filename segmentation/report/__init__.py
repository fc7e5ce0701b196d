"""The page a marketer reads: one HTML file, built from the small tables, that opens from disk."""
