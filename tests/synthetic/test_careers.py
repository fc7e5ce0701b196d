import pytest

from segmentation.errors import SettingsError
from segmentation.settings import SyntheticSettings
from segmentation.synthetic import base, segments
from segmentation.synthetic.careers import careers


def time_of_lines(settings):
    """Time spent in each segment by the lines of one block of customers."""
    spent: dict[str, float] = {}
    for career, weight in careers(settings):
        for name, part in career.time_shares().items():
            spent[name] = spent.get(name, 0.0) + base.slots_a_block(career.vertical) * weight * part
    return spent


def of_vertical(spent, vertical):
    return sum(part for name, part in spent.items() if segments.of(name).vertical == vertical)


def test_time_spent_in_a_segment_is_its_share_of_the_vertical_whether_lines_began_there_or_came():
    settings = SyntheticSettings(seed=1)

    spent = time_of_lines(settings)

    found = {name: part / of_vertical(spent, segments.of(name).vertical) for name, part in spent.items()}
    assert found == pytest.approx(segments.shares(settings), abs=0.002)


def test_the_verticals_have_their_shares_of_the_lines():
    spent = time_of_lines(SyntheticSettings(seed=1))

    found = {vertical: of_vertical(spent, vertical) / sum(spent.values()) for vertical in segments.VERTICALS}

    assert found == pytest.approx({"payg": 0.45, "plan": 0.30, "home": 0.25}, abs=0.005)


def test_a_segment_of_share_0_is_in_no_career():
    settings = SyntheticSettings(seed=1, segment_shares={"payg": {segments.DATA_HEAVY: 0}})

    lived = {stage.segment for career, _ in careers(settings) for stage in career.stages}

    assert segments.DATA_HEAVY not in lived
    assert {segments.CHURN_RISK, segments.FREQUENT} <= lived


def test_an_unknown_segment_is_planted_only_when_asked_for():
    without = {stage.segment for career, _ in careers(SyntheticSettings(seed=1)) for stage in career.stages}
    asked = SyntheticSettings(seed=1, unknown_segments=["Night Gamers"])
    with_it = {stage.segment for career, _ in careers(asked) for stage in career.stages}

    assert with_it - without == {"Night Gamers"}


def test_all_problems_of_the_shares_are_told_at_once():
    settings = SyntheticSettings(
        seed=1,
        segment_shares={"payg": {"Nobody": 0.1, segments.VIP: 0.2, segments.BULK: -1.0}},
        unknown_segments=["Martians"],
    )

    with pytest.raises(SettingsError) as caught:
        careers(settings)

    found = str(caught.value)
    assert all(name in found for name in ("Martians", "Nobody", segments.VIP, segments.BULK))


def test_a_vertical_without_lines_is_refused():
    settings = SyntheticSettings(
        seed=1, segment_shares={"home": {s.name: 0.0 for s in segments.SEGMENTS if s.vertical == "home"}}
    )

    with pytest.raises(SettingsError, match="empty: home"):
        careers(settings)


def test_a_block_of_customers_has_the_promised_mix():
    slots = base.template()
    lines_of: dict[int, list[str]] = {}
    for customer, vertical in slots:
        lines_of.setdefault(customer, []).append(vertical)

    n_several = sum(len(lines) > 1 and len(set(lines)) == 1 for lines in lines_of.values())
    n_two_verticals = sum(len(set(lines)) == 2 for lines in lines_of.values())

    assert (len(lines_of), n_several, n_two_verticals) == (100, 15, 20)
