"""From clusters to named segments that last: archetypes, names, ids, publication, facts about the base."""
