"""Pseudonyms, masking and small counts: what must happen before data about people is stored or shown."""
