"""The home graph: ties, similarity, communities, and how communities become segments."""
