"""Ours against peers on the same data in the same run: how long, how much memory, and whether the answers are equal."""
