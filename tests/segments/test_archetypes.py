"""The page that says what the business knows its segments by."""

from pathlib import Path

import pytest

from segmentation.errors import SettingsError
from segmentation.features.catalogue import for_vertical
from segmentation.segments.archetypes import Archetypes, load
from segmentation.settings import VerticalName

CONF = Path(__file__).parents[2] / "conf/archetypes.yaml"
KNOWN = {vertical: [feature.name for feature in for_vertical(vertical)] for vertical in VerticalName}
NAMES = {
    "payg": {
        "Frequent Small Rechargers",
        "Bulk Rechargers / Mid-Tier Prepaid",
        "Data-Heavy Prepaid",
        "Potential Postpaid Migrators",
        "Churn Risk",
    },
    "plan": {
        "High-Value Postpaid",
        "VIP / Premium Postpaid",
        "Contract Renewals Needed",
        "At-Risk Churners",
        "Budget / Low Usage",
    },
    "home": {
        "Corporate Professionals",
        "Streaming Enthusiasts",
        "Social Media Addicts",
        "Bundle Seekers",
        "Work-from-Home",
        "Multi-Device / Family Bundle",
        "Service Frustrated",
    },
}


@pytest.fixture(scope="module")
def business() -> Archetypes:
    return load(CONF, KNOWN)


@pytest.mark.parametrize("vertical", list(VerticalName))
def test_the_business_knows_the_segments_of_every_vertical(business, vertical):
    assert {archetype.name for archetype in business.of(vertical)} == NAMES[vertical]


@pytest.mark.parametrize("vertical", list(VerticalName))
def test_no_two_archetypes_look_alike(business, vertical):
    """Wherever two of them speak of the same features, they say something else somewhere."""
    known = business.of(vertical)
    for one in known:
        for other in known:
            shared = set(one.looks_like) & set(other.looks_like)
            if one.name != other.name and len(shared) == min(len(one.looks_like), len(other.looks_like)):
                assert max(abs(one.looks_like[name] - other.looks_like[name]) for name in shared) >= 0.4


def test_all_problems_of_the_page_come_in_one_error(tmp_path):
    page = tmp_path / "archetypes.yaml"
    page.write_text(
        """
payg:
  - {name: A, colour: "#E69F00", about: a, action: a, looks_like: {no_such: high, sms_per_month: low, offnet_share: 0}}
  - {name: A, colour: "#E69F00", about: a, action: a, looks_like: {devices_max: 1, sms_per_month: 0, offnet_share: 0}}
""",
        encoding="utf-8",
    )

    with pytest.raises(SettingsError) as refused:
        load(page, KNOWN)

    said = str(refused.value)
    expected = ("no_such", "devices_max", "name 'A' is given twice", "#E69F00 is given twice")
    assert all(words in said for words in expected)


def test_an_unknown_key_and_an_unknown_word_are_refused(tmp_path):
    page = tmp_path / "archetypes.yaml"
    page.write_text(
        'plan:\n  - {name: A, colour: "#E69F00", about: a, action: a, kpi: 1,'
        " looks_like: {sms_per_month: huge, offnet_share: 2, calls_per_month: low}}\n",
        encoding="utf-8",
    )

    with pytest.raises(SettingsError) as refused:
        load(page, KNOWN)

    assert all(words in str(refused.value) for words in ("kpi", "huge", "offnet_share"))
