"""Which features tell segments apart: the share of ranks that lies between them, and scipy as referee."""

import numpy as np
import pytest
from scipy import stats

from segmentation.features import catalogue
from segmentation.profiles.separation import separations

FEATURES = catalogue.for_vertical("payg")


def rows_of(values, segments, feature):
    """Profile rows of lines with a value each, ranks 0..1."""
    ranks = (stats.rankdata(values) - 1) / (len(values) - 1)
    return [
        {"feature": feature, "n_known": int((segments == one).sum()), "mean_rank": float(ranks[segments == one].mean())}
        for one in np.unique(segments)
    ]


def test_the_share_is_that_of_the_kruskal_wallis_test():
    segments = np.repeat([0, 1, 2], [300, 500, 700])
    values = np.random.default_rng(7).normal(segments * 0.8, 1.0)
    groups = [values[segments == one] for one in range(3)]
    n = len(values)

    (found,) = separations(rows_of(values, segments, "data_kb_per_month"), FEATURES)

    assert found.share == pytest.approx(stats.kruskal(*groups).statistic / (n - 1), rel=0.005)
    assert found.n_known == n


def test_what_tells_apart_comes_first_and_what_nobody_has_is_left_out():
    segments = np.repeat([0, 1], 200)
    chance = np.random.default_rng(1).normal(size=400)
    rows = [
        *rows_of(chance, segments, "calls_per_month"),
        *rows_of(segments + chance / 100, segments, "sms_per_month"),
        {"feature": "age_years", "n_known": 0, "mean_rank": None},
        {"feature": "churned_share", "n_known": 9, "mean_rank": 0.9},
    ]

    found = separations(rows, FEATURES)

    assert [one.feature.name for one in found] == ["sms_per_month", "calls_per_month"]
    assert found[0].share == pytest.approx(0.75, abs=0.01), "two equal halves: three quarters of the spread of ranks"
    assert found[1].share < 0.02
