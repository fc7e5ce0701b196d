"""The feature catalogue: which features there are, which are fitted on, and the feature tables made from them."""

from collections.abc import Collection, Sequence
from dataclasses import asdict

from segmentation.errors import SettingsError
from segmentation.features import (
    billing,
    care,
    contract,
    demographic,
    device,
    digital,
    household,
    lifestyle,
    psychographic,
    recharge,
    salary,
    subscription,
    usage,
)
from segmentation.features.feature import Feature, Role, Words
from segmentation.settings import VerticalName, VerticalSettings, stable_hash
from segmentation.tables import Column, Table, TimeKind
from segmentation.tables.built import AS_OF, COMPUTED, RUN
from segmentation.tables.clean import SUBSCRIBER, count

__all__ = [
    "FEATURES",
    "Feature",
    "Role",
    "Words",
    "by_name",
    "cluster_features",
    "describe",
    "families",
    "feature_table",
    "for_vertical",
    "had_by_family",
    "version",
]

SALARY_FAMILY = "salary"
FEATURES: tuple[Feature, ...] = (
    *recharge.FEATURES,
    *usage.FEATURES,
    *lifestyle.FEATURES,
    *salary.FEATURES,
    *billing.FEATURES,
    *contract.FEATURES,
    *care.FEATURES,
    *subscription.FEATURES,
    *household.FEATURES,
    *subscription.CHURN_FEATURES,
    *demographic.FEATURES,
    *psychographic.FEATURES,
    *contract.VALUE_FEATURES,
    *device.FEATURES,
    *digital.FEATURES,
)
_BY_NAME = {feature.name: feature for feature in FEATURES}


def by_name(name: str) -> Feature:
    """The feature of that name. Raises SettingsError for an unknown one, naming those that exist."""
    if name not in _BY_NAME:
        raise SettingsError(
            "there is no such feature",
            found=name,
            expected="a name of the feature catalogue",
            remedy="docs/features.md lists them all",
        )
    return _BY_NAME[name]


def for_vertical(vertical: VerticalName | str) -> tuple[Feature, ...]:
    """Features of a vertical, whatever their role, in catalogue order."""
    return tuple(feature for feature in FEATURES if VerticalName(vertical) in feature.roles)


def families(vertical: VerticalName | str) -> tuple[str, ...]:
    """Families of a vertical in catalogue order."""
    return tuple(dict.fromkeys(feature.family for feature in for_vertical(vertical)))


def cluster_features(vertical: VerticalName | str, settings: VerticalSettings) -> tuple[Feature, ...]:
    """Features to fit on, in catalogue order: those with role `cluster`, less what the settings leave out.

    Raises: SettingsError listing every name that is unknown, of another vertical or only shown, and when none is left.
    """
    candidates = {f.name: f for f in for_vertical(vertical) if f.role(VerticalName(vertical)) == "cluster"}
    strangers = [name for name in settings.features if name not in candidates]
    strangers += [name for name in settings.exclude if name not in _BY_NAME]
    asked = set(settings.features) or set(candidates)
    left_out = {f.name for f in candidates.values() if f.family == SALARY_FAMILY and not settings.use_salary}
    kept = tuple(f for f in candidates.values() if f.name in asked - set(settings.exclude) - left_out)
    if strangers or not kept:
        raise SettingsError(
            "features that cannot be fitted on" if strangers else "the settings leave no feature to fit on",
            where=f"{VerticalName(vertical)} features, exclude",
            found=", ".join(strangers),
            expected="features with role cluster in this vertical",
            remedy="docs/features.md lists the features of every vertical with their role",
        )
    return kept


def had_by_family(features: Sequence[Feature], missing: Collection[str]) -> dict[str, tuple[int, int]]:
    """Per family how many of the features can be had, and of how many; `missing` names those that cannot."""
    found: dict[str, tuple[int, int]] = {}
    for feature in features:
        n_had, n_all = found.get(feature.family, (0, 0))
        found[feature.family] = (n_had + (feature.name not in missing), n_all + 1)
    return found


def feature_table(vertical: VerticalName | str) -> Table:
    """The table of a vertical's features: one row per line and day, one double column per feature."""
    name = VerticalName(vertical)
    head = (
        SUBSCRIBER,
        AS_OF,
        Column("state", "string", "State in the population: new, active, dormant or returned"),
        count("months_seen", "Months since the spell began, 1 in the first month"),
        Column("missing_families", "array<string>", "Families without any source; their columns are null"),
        count("staleness_periods", "Periods by which the oldest family lags"),
        Column("features_version", "string", "Hash of the catalogue and of the deliveries it was computed from"),
    )
    columns = tuple(feature.column for feature in for_vertical(name))
    return Table(
        f"{name}_features",
        ("subscriber_id", "as_of"),
        (*head, *columns, RUN, COMPUTED),
        f"Features of the {name} lines on a day, from nothing later than that day",
        TimeKind.SNAPSHOT,
        "as_of",
        ("as_of",),
        # Read by day, which the partitions tell.
        has_statistics=False,
        retention="13 months",
    )


def version(features: Sequence[Feature] = FEATURES) -> str:
    """Hash of everything the catalogue says about the features."""
    return stable_hash([_plain(feature) for feature in features])


def describe(features: Sequence[Feature] = FEATURES) -> str:
    """The catalogue as a Markdown page, a table for every family."""
    lines = [
        "# Features",
        "",
        "Generated from the declarations in `segmentation/features/`; do not edit by hand.",
        "",
        "Levels come from the last 3 periods, velocity, consistency and regularity from 6. Only `cluster` features are",
        "fitted on; `profile` features are shown. No event while the source exists is 0; null is never 0.",
    ]
    for family in dict.fromkeys(feature.family for feature in features):
        lines += ["", f"## {family}", "", "| feature | what | unit | role | high / low | null means | skew | needs |"]
        lines += ["|---|---|---|---|---|---|---|---|"]
        lines += [_row(feature) for feature in features if feature.family == family]
    return "\n".join(lines) + "\n"


def _row(feature: Feature) -> str:
    roles = ", ".join(f"{vertical} {role}" for vertical, role in feature.roles.items())
    words = f"{feature.words.high} / {feature.words.low}"
    needs = ", ".join(feature.needs) or "ready-made"
    cells = (feature.name, feature.about, feature.unit, roles, words, feature.null_means, feature.skew, needs)
    return f"| {' | '.join(cells)} |"


def _plain(feature: Feature) -> dict[str, object]:
    words = asdict(feature.words)
    roles = {str(vertical): role for vertical, role in feature.roles.items()}
    plain = {
        name: getattr(feature, name) for name in ("name", "family", "about", "unit", "null_means", "needs", "skew")
    }
    return {**plain, "words": words, "roles": roles, "sensitivity": str(feature.sensitivity)}
