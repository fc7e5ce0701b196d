"""Agreement of two labellings."""

import pytest

from segmentation.evaluation import agreement


def test_renamed_labels_agree_wholly():
    found = agreement.agreement(["a", "a", "b", "c"], [2, 2, 0, 1])

    assert found == pytest.approx(dict.fromkeys(found, 1.0))


def test_merging_two_segments_keeps_completeness_and_loses_homogeneity():
    found = agreement.agreement(["a", "a", "b", "b", "c", "c"], [0, 0, 0, 0, 1, 1])

    assert found["completeness"] == pytest.approx(1.0)
    assert found["homogeneity"] < 0.7
    assert 0 < found["adjusted_rand"] < 1
