"""Clean tables to one row per line and day: population, period partials, features, preparation."""
