"""The catalogue: complete, consistent, and what the settings make of it."""

from pathlib import Path

import pytest

from segmentation.errors import SettingsError
from segmentation.features import catalogue
from segmentation.settings import VerticalName, VerticalSettings, read_yaml
from segmentation.tables import PersonalData

ROOT = Path(__file__).parents[2]
NEVER_FITTED_ON = {"churn", "demographic", "geography", "psychographic", "value", "device", "digital"}


def settings_of(vertical: str, **changes: object) -> VerticalSettings:
    return VerticalSettings.model_validate({**read_yaml(ROOT / f"conf/{vertical}.yaml"), **changes})


def test_every_feature_has_a_name_of_its_own():
    names = [feature.name for feature in catalogue.FEATURES]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("feature", catalogue.FEATURES, ids=lambda feature: feature.name)
def test_a_feature_says_everything_people_need(feature):
    words = feature.words

    assert all([feature.about, feature.unit, feature.null_means, words.how, words.high, words.low, feature.roles])
    assert words.high != words.low
    assert words.how.split()[0] in {"how", "whether", "on"}


def test_churn_age_place_and_value_are_never_fitted_on():
    fitted = {f.family for f in catalogue.FEATURES for v in f.verticals if f.role(v) == "cluster"}

    assert not fitted & NEVER_FITTED_ON


@pytest.mark.parametrize("vertical", VerticalName)
def test_the_table_of_a_vertical_has_a_double_for_each_of_its_features(vertical):
    table = catalogue.feature_table(vertical)

    doubles = [field.name for field in table.schema if field.dataType.simpleString() == "double"]
    assert table.name == f"{vertical}_features"
    assert doubles == [feature.name for feature in catalogue.for_vertical(vertical)]


def test_salary_is_sensitive_and_one_setting_keeps_it_out():
    with_salary = catalogue.cluster_features("payg", settings_of("payg"))
    without = catalogue.cluster_features("payg", settings_of("payg", use_salary=False))

    assert catalogue.by_name("salary_bracket").sensitivity is PersonalData.SENSITIVE
    assert {f.name for f in with_salary} - {f.name for f in without} == {"salary_bracket"}


def test_settings_choose_features_in_the_order_of_the_catalogue():
    asked = settings_of(
        "plan", features=["salary_bracket", "data_kb_per_month", "tenure_months"], exclude=["salary_bracket"]
    )

    chosen = catalogue.cluster_features("plan", asked)

    assert [feature.name for feature in chosen] == ["data_kb_per_month", "tenure_months"]


@pytest.mark.parametrize("name", ["age_years", "household_lines", "no_such_feature"])
def test_a_feature_only_shown_or_of_another_vertical_cannot_be_fitted_on(name):
    with pytest.raises(SettingsError, match=name):
        catalogue.cluster_features("payg", settings_of("payg", features=[name, "sms_per_month"]))


def test_tenure_is_fitted_on_in_plan_only():
    tenure = catalogue.by_name("tenure_months")

    assert dict(tenure.roles) == {"payg": "profile", "plan": "cluster", "home": "profile"}


def test_the_page_of_features_is_in_step_with_the_catalogue():
    page = (ROOT / "docs/features.md").read_text(encoding="utf-8")

    assert page == catalogue.describe(), "write it again: segmentation.features.catalogue.describe()"


def test_features_are_counted_by_family_less_those_that_are_missing():
    features = [catalogue.by_name(name) for name in ("sms_per_month", "data_kb_per_month", "tenure_months")]

    assert catalogue.had_by_family(features, {"tenure_months"}) == {"usage": (2, 2), "contract": (0, 1)}
    assert catalogue.had_by_family(features, ())["contract"] == (1, 1)
