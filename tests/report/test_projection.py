"""The map of the base: two axes from a sample."""

import numpy as np
import pandas as pd
import pytest

from segmentation.report.projection import on_two_axes, ranks


def test_two_groups_lie_apart_on_the_first_axis():
    chance = np.random.default_rng(5)
    group = np.repeat([0.0, 6.0], 50)
    sample = pd.DataFrame({name: group + chance.normal(size=100) for name in ("calls", "data", "sms")})

    found = on_two_axes(sample, frozenset())

    across = found.points[:, 0]
    assert across[:50].max() < across[50:].min()
    assert found.explained[0] > 0.9
    assert set(found.leading(0, 3)) == {"calls", "data", "sms"}


def test_missing_values_and_constant_features_do_not_break_it():
    sample = pd.DataFrame(
        {"calls": [1.0, None, 3.0, 4.0], "data": [10.0, 20.0, 1000.0, 40.0], "flat": [1.0] * 4, "gone": [np.nan] * 4}
    )

    found = on_two_axes(sample, frozenset({"data"}))

    assert found.names == ("calls", "data")
    assert not np.isnan(found.points).any()


@pytest.mark.parametrize("sample", [pd.DataFrame({"calls": [1.0, 2.0, 3.0]}), pd.DataFrame({"a": [1.0], "b": [2.0]})])
def test_too_little_to_draw_gives_no_map(sample):
    assert on_two_axes(sample, frozenset()) is None


def test_ranks_run_from_lowest_to_highest_and_ties_share():
    ranked = ranks(pd.DataFrame({"calls": [5.0, 1.0, 5.0, None]}))

    assert ranked["calls"].tolist()[:3] == [0.75, 0.0, 0.75]
    assert np.isnan(ranked["calls"][3])
