"""Raw feeds to clean tables: mapping, checks, quarantine."""
