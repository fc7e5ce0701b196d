"""How many clusters."""

import pytest

from segmentation.clustering.choice import (
    BEST_BIC,
    BEST_SILHOUETTE,
    FINEST,
    Candidate,
    Rule,
    candidates_within,
    choose,
)
from segmentation.errors import ModelError
from segmentation.settings import Limits

LIMITS = Limits(
    min_segments=3, max_segments=8, min_share=0.05, max_share=0.6, small_base_rows=1000, small_base_max_segments=4
)


def chosen(candidates: list[Candidate], *, rule: Rule = BEST_SILHOUETTE, n_rows: int = 5000, by_hand: bool = False):
    return choose(candidates, LIMITS, rule, n_rows=n_rows, by_hand=by_hand)


def test_the_best_index_wins_and_equal_ones_fall_to_the_smaller_number():
    tried = [Candidate(3, 0.2, 5.0, 0.2, 0.5), Candidate(4, 0.4, 5.0, 0.1, 0.4), Candidate(5, 0.4, 5.0, 0.1, 0.4)]

    assert chosen(tried).n_clusters == 4


def test_the_finest_split_with_all_segments_apart_is_taken_though_its_silhouette_is_not_the_best():
    tried = [Candidate(4, 0.44, 5.6, 0.2, 0.4), Candidate(5, 0.41, 4.8, 0.1, 0.3), Candidate(6, 0.38, 2.9, 0.1, 0.3)]

    found = chosen(tried, rule=FINEST)

    assert found.n_clusters == 5
    assert "left out: 6 for segments less than 3.5 spreads apart" in found.reason


def test_bic_may_not_split_what_is_one_cloud():
    tried = [Candidate(4, 7.7, 5.0, 0.2, 0.4), Candidate(5, 9.8, 4.5, 0.1, 0.3), Candidate(6, 9.9, 2.8, 0.1, 0.3)]

    assert chosen(tried, rule=BEST_BIC).n_clusters == 5


def test_when_all_segments_overlap_the_clearest_split_is_taken_with_a_warning():
    tried = [Candidate(3, 0.2, 3.1, 0.2, 0.5), Candidate(4, 0.3, 2.7, 0.2, 0.4)]

    found = chosen(tried, rule=FINEST)

    assert found.n_clusters == 3
    assert found.warnings == ("the two nearest segments lie only 3.1 spreads apart: they overlap",)


def test_a_candidate_with_a_segment_too_small_is_left_out_and_named():
    tried = [Candidate(3, 0.2, 5.0, 0.2, 0.5), Candidate(4, 0.9, 5.0, 0.01, 0.5)]

    found = chosen(tried)

    assert found.n_clusters == 3
    assert "left out: 4 for a share outside the limits" in found.reason


def test_when_all_break_the_limits_the_least_broken_is_taken_with_a_warning():
    tried = [Candidate(3, 0.9, 5.0, 0.2, 0.7), Candidate(4, 0.1, 5.0, 0.2, 0.65)]

    found = chosen(tried)

    assert found.n_clusters == 4
    assert found.warnings == ("the largest segment holds 65% of the base, over 60%",)


def test_a_small_base_gets_few_segments_by_itself_and_any_number_by_hand():
    by_hand = chosen([Candidate(7, 0.1, 5.0, 0.1, 0.3)], n_rows=245, by_hand=True)

    assert list(candidates_within("auto", LIMITS, 245, 245)) == [3, 4]
    assert list(candidates_within(7, LIMITS, 245, 245)) == [7]
    assert by_hand.n_clusters == 7
    assert "at most 4 segments can be trusted" in by_hand.warnings[0]


def test_there_are_no_more_clusters_than_distinct_rows():
    assert list(candidates_within("auto", LIMITS, 5000, 4)) == [3, 4]


@pytest.mark.parametrize(("segments", "n_distinct"), [("auto", 1), (3, 1), (1, 100), (0, 100)])
def test_nothing_to_tell_apart_and_senseless_numbers_are_errors(segments, n_distinct: int):
    with pytest.raises(ModelError, match=r"tell apart|cannot be made"):
        candidates_within(segments, LIMITS, 5000, n_distinct)


def test_no_candidate_is_an_error():
    with pytest.raises(ModelError, match="no candidate"):
        chosen([])
