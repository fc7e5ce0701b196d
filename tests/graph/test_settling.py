"""Every segment of homes holds a home, without Spark."""

import numpy as np
import pytest

from segmentation.clustering.nodes import OrderedNodes
from segmentation.errors import ModelError
from segmentation.graph import grouping
from segmentation.graph.grouping import CommunityProfiles, Found
from segmentation.graph.keys import hashed
from segmentation.graph.settling import settle

N_HOMES = 60
LARGE = CommunityProfiles(np.array(["a", "b", "c", "d"]), np.array([9.0, 8.0, 2.0, 1.0]), np.arange(4.0)[:, None])


def homes(n_places: int = N_HOMES) -> OrderedNodes:
    points = np.random.default_rng(0).normal(size=(N_HOMES, 2)) * 0.5
    points[N_HOMES // 2 :] += 6
    keys = np.array([f"h{n:02d}" for n in range(N_HOMES)], dtype=object)
    return OrderedNodes(None, N_HOMES, keys, points[np.arange(N_HOMES) % n_places])


def found(rows: OrderedNodes) -> Found:
    """Two communities that hold all homes, and a third whose homes are gone."""
    community = (np.arange(N_HOMES) >= N_HOMES // 2).astype(int)
    means = np.array([rows.sample[: N_HOMES // 2].mean(axis=0), rows.sample[N_HOMES // 2 :].mean(axis=0), [6.0, 5.0]])
    return Found(rows.sample_ids, community, CommunityProfiles(np.array(["a", "b", "c"]), np.array([30, 30, 4]), means))


def test_a_segment_without_homes_is_left_out_and_its_communities_go_to_the_likest():
    rows = homes()

    model = settle(rows, np.zeros((1, 2)), found(rows), np.array([0, 1, 2]), 0.0, by_hand=False)
    held = model.predict(rows.sample, hashed(rows.sample_ids)).cluster

    assert model.n_clusters == 2
    assert sorted(np.bincount(held).tolist()) == [30, 30]
    assert model.shares.sum() == pytest.approx(1.0)


def test_as_many_segments_as_asked_for_by_hand_all_hold_a_home():
    rows = homes()

    model = settle(rows, np.zeros((1, 2)), found(rows), np.array([0, 1, 2]), 0.0, by_hand=True)

    assert model.n_clusters == 3
    assert np.bincount(model.predict(rows.sample, hashed(rows.sample_ids)).cluster).min() > 0


def test_a_number_by_hand_that_the_homes_are_too_few_for_is_refused():
    rows = homes(n_places=1)

    with pytest.raises(ModelError, match="of 3 segments hold"):
        settle(rows, np.zeros((1, 2)), found(rows), np.array([0, 1, 2]), 0.0, by_hand=True)


def test_small_communities_count_where_the_large_are_too_few():
    merges, kernel = grouping.ward_of_communities(LARGE, n_wanted=2)
    more, _ = grouping.ward_of_communities(LARGE, n_wanted=3)

    assert (len(merges), len(more)) == (1, 3)
    assert kernel.tolist() == [0, 1, 1, 1]


@pytest.mark.parametrize(
    ("n_wanted", "max_share", "why"),
    [(4, 0.5, ()), (5, 0.5, ("too few for 5 segments",)), (2, 0.4, ("one community holds 45% of the homes",))],
)
def test_communities_too_few_or_too_large_cannot_be_made_segments_of(n_wanted, max_share, why):
    told = grouping.why_unfit(LARGE, n_wanted, 20, max_share)

    assert len(told) == len(why)
    assert all(part in text for part, text in zip(why, told, strict=True))
