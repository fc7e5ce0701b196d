"""How much of a known truth is found again."""

import numpy as np
import pytest

from segmentation.segments.recovery import named_right, oracle_labels, recovery, tie_matrix, tie_shares

TRUTH = np.array(["a", "a", "b", "b"])


def test_a_perfect_finding_scores_one_whatever_its_labels():
    labels, baseline, is_right = np.array(["x", "x", "y", "y"]), np.array([0, 1, 0, 1]), np.array([True] * 3 + [False])

    found = recovery(TRUTH, labels, baseline, TRUTH, is_right)

    assert found == {"ari": 1.0, "baseline_ari": pytest.approx(-0.5), "oracle_ari": 1.0, "name_accuracy": 0.75}


def test_an_unknown_segment_is_named_right_when_it_was_described():
    truth = np.array(["known", "known", "stranger", "stranger"])
    names = np.array(["known", "other", "streams much", "known"])

    right = named_right(truth, names, np.array([True, True, False, True]), ["known", "other"])

    assert right.tolist() == [True, False, True, False]


def test_tie_shares_never_look_at_a_line_that_is_asked():
    pairs = [("w", "x"), ("w", "y"), ("w", "y"), ("w", "z"), ("z", "stranger"), ("x", "x")]
    ties = tie_matrix(["w", "x", "y", "z"], pairs)

    shares = tie_shares(ties, TRUTH, np.array([1, 2]), ["a", "b"])

    assert shares[0].tolist() == [0.5, 0.5]
    assert np.isnan(shares[3]).all()


def test_the_oracle_learns_from_features_and_from_ties():
    numbers = np.random.default_rng(5)
    truth = np.repeat(["a", "b"], 150)
    told, noise = (truth == "a")[:, np.newaxis] + numbers.normal(0, 0.1, (300, 1)), numbers.normal(0, 1, (300, 1))
    keys = [str(n) for n in range(300)]
    pairs = [(keys[n], keys[n + 1]) for n in range(299) if n != 149]

    assert (oracle_labels(told, truth) == truth).mean() == 1.0
    assert (oracle_labels(noise, truth, tie_matrix(keys, pairs)) == truth).mean() > 0.9
