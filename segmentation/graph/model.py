"""The model of home segments: known homes, tie pattern and segment profiles. NumPy only: loads without Spark."""

from dataclasses import dataclass

import numpy as np

from segmentation.clustering.prediction import Array, Prediction, best_two, probabilities
from segmentation.clustering.shapes import Shapes

UNKNOWN = -1
BY_COMMUNITY, BY_TIES, BY_PROFILE = "community", "tied homes", "profile"


@dataclass(frozen=True)
class CommunityModel:
    """What is known of homes and segments. All evidence is kept as log-likelihoods and added up.

    `cells` (m, d): centres of the cells within which similar homes are looked for.
    `shapes`, `shares` (k): profile, covariance and share of the segments.
    `known_keys` (sorted hashes), `known_segments`: the segment of the community that a home was in at the fit.
    `hold` (k, k): log-likelihood that a home of segment [row] is in a community of segment [column].
    `ties` (k, k): log-likelihood that a tie of a home of segment [row] leads to a home of segment [column].
    """

    cells: Array
    shapes: Shapes
    shares: Array
    known_keys: Array
    known_segments: Array
    hold: Array
    ties: Array

    @property
    def n_clusters(self) -> int:
        return len(self.shares)

    def predict(self, points: Array, keys: Array | None = None, votes: Array | None = None) -> Prediction:
        """Segments of homes.

        `keys` (n): hashed keys; `votes` (n, k): weight of the ties to known homes of each segment.
        A known home stays with its community's segment unless profile and ties together speak clearly against it.
        """
        held = np.full(len(points), UNKNOWN) if keys is None else self.held(keys)
        voted = np.zeros((len(points), self.n_clusters)) if votes is None else votes
        is_held, has_votes = held != UNKNOWN, voted.sum(axis=1) > 0
        evidence = np.log(self.shares)[None, :] + self.shapes.log_densities(points) + voted @ self.ties.T
        evidence[is_held] += self.hold.T[held[is_held]]
        posterior = probabilities(evidence)
        cluster, runner_up = best_two(posterior)
        rows = np.arange(len(points))
        best = posterior[rows, cluster]
        by = np.where(has_votes, BY_TIES, BY_PROFILE).astype(object)
        by[is_held] = np.where(cluster[is_held] == held[is_held], BY_COMMUNITY, BY_PROFILE)
        return Prediction(
            cluster=cluster,
            probability=best,
            margin=best - posterior[rows, runner_up] if self.n_clusters > 1 else best,
            runner_up=runner_up,
            is_outlier=self.shapes.is_outlier(points, cluster),
            assigned_by=by,
        )

    def held(self, keys: Array) -> Array:
        """Segment of the community of every home; UNKNOWN (-1) for a home that was not there at the fit."""
        if len(self.known_keys) == 0:
            return np.full(len(keys), UNKNOWN)
        position = np.minimum(np.searchsorted(self.known_keys, keys), len(self.known_keys) - 1)
        return np.where(self.known_keys[position] == keys, self.known_segments[position], UNKNOWN)

    def to_arrays(self) -> dict[str, Array]:
        return {
            "cells": self.cells,
            "shares": self.shares,
            "known_keys": self.known_keys,
            "known_segments": self.known_segments,
            "hold": self.hold,
            "ties": self.ties,
            **self.shapes.to_arrays(),
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, Array]) -> "CommunityModel":
        return cls(
            cells=arrays["cells"],
            shapes=Shapes.from_arrays(arrays),
            shares=arrays["shares"],
            known_keys=arrays["known_keys"],
            known_segments=arrays["known_segments"],
            hold=arrays["hold"],
            ties=arrays["ties"],
        )
