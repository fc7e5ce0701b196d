"""From communities put into segments to the model of the segments, in which every segment holds a home."""

from dataclasses import replace

import numpy as np
import pandas as pd

from segmentation.clustering import expectation, nodes
from segmentation.clustering.densities import MixtureModel
from segmentation.clustering.prediction import Array, canonical_order, probabilities, renumbered
from segmentation.clustering.shapes import outlier_limit
from segmentation.errors import ModelError
from segmentation.evaluation import indices
from segmentation.graph import grouping
from segmentation.graph.grouping import Found
from segmentation.graph.keys import hashed
from segmentation.graph.model import CommunityModel

SETTLING_ROUNDS = 10
"""Rounds of soft assignment after Ward; more change the segments' profiles by less than their spread."""


def settle(
    rows: nodes.OrderedNodes, cells: Array, found: Found, segments: Array, outlier_share: float, *, by_hand: bool
) -> CommunityModel:
    """The model of segments given for every community, in canonical order; its tie pattern says nothing yet.

    A segment that holds no home in the end is left out. A number given by hand is kept: then it gets some.

    Raises: ModelError when a number given by hand cannot be kept.
    """
    n_segments = int(segments.max()) + 1
    community = community_of_sample(found, rows)
    order = _order(rows.sample, segments[community], n_segments)
    ordered = renumbered(segments, order)
    # communities are never pure: a few rounds let a segment's profile free itself of the strangers among its homes
    member = np.eye(n_segments)[ordered[community]]
    settled = expectation.settled(rows.sample, member, SETTLING_ROUNDS, tolerance=0.0)
    model = model_of(settled, ordered, rows, cells, found, outlier_share)
    holding = _holding(model, rows)
    if by_hand and len(holding) < n_segments:
        filled = expectation.refilled(settled, rows.sample)
        return _all_holding(model_of(filled, ordered, rows, cells, found, outlier_share), rows)
    while len(holding) < model.n_clusters:
        settled, ordered = _without_empty(settled, ordered, found, holding)
        model = model_of(settled, ordered, rows, cells, found, outlier_share)
        holding = _holding(model, rows)
    return model


def model_of(
    settled: MixtureModel, segments: Array, rows: nodes.OrderedNodes, cells: Array, found: Found, outlier_share: float
) -> CommunityModel:
    """The model of settled segments and of the communities put into them; its tie pattern says nothing yet."""
    n_segments = settled.n_clusters
    member = probabilities(settled.log_joint(rows.sample))
    limit = outlier_limit(settled.shapes.own_distances(rows.sample, member.argmax(axis=1)), outlier_share)
    keys = hashed(found.keys)
    by_key = np.argsort(keys)
    return CommunityModel(
        cells=cells,
        shapes=replace(settled.shapes, outlier_beyond=limit),
        shares=settled.weights,
        known_keys=keys[by_key],
        known_segments=segments[found.community][by_key].astype(np.int32),
        hold=grouping.log_confusion(member, segments[community_of_sample(found, rows)], n_segments),
        ties=np.zeros((n_segments, n_segments)),
    )


def community_of_sample(found: Found, rows: nodes.OrderedNodes) -> Array:
    """Community of every row of the sample; a home without ties counts with the community it resembles most."""
    position = pd.Series(found.community, index=found.keys).reindex(rows.sample_ids)
    nearest = indices.squared_distances(rows.sample, found.profiles.means).argmin(axis=1)
    return np.where(position.isna(), nearest, position.fillna(0)).astype(int)


def _order(sample: Array, held: Array, n_segments: int) -> Array:
    sizes = np.bincount(held, minlength=n_segments)
    nothing = np.zeros(sample.shape[1])
    means = np.stack([sample[held == k].mean(axis=0) if sizes[k] else nothing for k in range(n_segments)])
    return canonical_order(sizes, means)


def _holding(model: CommunityModel, rows: nodes.OrderedNodes) -> Array:
    """Segments that hold a home of the sample, as they are scored."""
    return np.unique(model.predict(rows.sample, hashed(rows.sample_ids)).cluster)


def _all_holding(model: CommunityModel, rows: nodes.OrderedNodes) -> CommunityModel:
    n_holding = len(_holding(model, rows))
    if n_holding < model.n_clusters:
        raise ModelError(
            f"only {n_holding} of {model.n_clusters} segments hold a home",
            expected="as many segments as asked for",
            remedy="ask for fewer segments, or write auto",
        )
    return model


def _without_empty(settled: MixtureModel, segments: Array, found: Found, holding: Array) -> tuple[MixtureModel, Array]:
    """Segments that hold a home, and the segment of every community: of one left out, that most like the community."""
    kept = expectation.of_components(settled, holding)
    place = np.full(settled.n_clusters, -1)
    place[holding] = np.arange(len(holding))
    likest = kept.log_joint(found.profiles.means).argmax(axis=1)
    return kept, np.where(place[segments] >= 0, place[segments], likest)
