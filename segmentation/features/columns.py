"""Which columns of the clean tables each feature cannot do without: what will be missing is told before a run."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from segmentation.features.feature import CONTRACT, PAYG, Feature
from segmentation.settings import VerticalName
from segmentation.sources.source import READY_MADE
from segmentation.tables import Table, clean

_OF_DATA = (
    "data_kb_per_month",
    "data_night_share",
    "data_work_share",
    "data_evening_share",
    "weekend_share",
    "upload_share",
    "streaming_data_share",
    "social_data_share",
    "gaming_data_share",
    "data_velocity",
    "usage_consistency",
    "pack_used_ratio",
    "pack_exhausted_share",
)
_OF_RECHARGES = (
    "recharge_recency_days",
    "recharges_per_month",
    "recharge_amount_per_month",
    "recharge_amount_mean",
    "recharge_regularity",
    "recharge_velocity",
    "recharge_gap_days_mean",
    "recharge_overdue_ratio",
    "usual_recharge_amount",
    "usual_amount_share",
    "recharge_denominations",
    "small_recharge_share",
    "middle_recharge_share",
    "large_recharge_share",
    "expiry_recharge_share",
)
_OF_EVENTS = (
    "addon_changes_per_month",
    "product_changes_per_month",
    "upgrades_per_month",
    "downgrades_per_month",
    "port_requests",
    "months_since_upgrade",
)
_OF_PACKS = ("pack_used_ratio", "pack_exhausted_share")
_OF_HOUSEHOLDS = ("household_lines", "household_verticals", "household_device_kinds")
_OF_SURVEYS = ("recommends", "minds_price", "likes_new")
MADE_OF: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    clean.RECHARGES.name: {
        "recharge_amount": _OF_RECHARGES,
        "expires_on": ("expiry_recharge_share",),
        "is_emergency_credit": ("credit_lent_per_month",),
    },
    clean.USAGE_DAILY.name: {
        "voice_seconds": (
            "voice_seconds_per_month",
            "offnet_share",
            "call_seconds_mean",
            "voice_night_share",
            "voice_velocity",
        ),
        "voice_offnet_seconds": ("offnet_share",),
        "voice_night_seconds": ("voice_night_share",),
        "n_calls": ("calls_per_month", "peers_per_day", "call_seconds_mean"),
        "n_peers": ("peers_per_day",),
        "n_sms": ("sms_per_month",),
        "data_kb": _OF_DATA,
        "data_night_kb": ("data_night_share",),
        "data_work_kb": ("data_work_share",),
        "data_evening_kb": ("data_evening_share",),
        "upload_kb": ("upload_share",),
        "streaming_kb": ("streaming_data_share",),
        "social_kb": ("social_data_share",),
        "gaming_kb": ("gaming_data_share",),
        "roaming_kb": ("roaming_kb_per_month",),
        "n_devices": ("devices_max",),
    },
    clean.PRODUCTS.name: {"allowance_kb": _OF_PACKS},
    clean.SERVICE_SPELLS.name: {"product_id": _OF_PACKS, "contract_end": ("contract_months_left",)},
    clean.INVOICES.name: {
        "bill_amount": ("bill_amount_per_month", "overage_share", "discount_share", "bill_velocity", "bill_shock"),
        "overage_amount": ("overage_share",),
        "discount_amount": ("discount_share",),
    },
    clean.PAYMENTS.name: {"due_on": ("late_payment_share",), "is_failed": ("failed_payment_share",)},
    clean.SUBSCRIPTION_EVENTS.name: {"event_kind": _OF_EVENTS},
    clean.CARE_CONTACTS.name: {
        "is_complaint": ("complaints_per_month",),
        "resolved_on": ("unresolved_share", "resolution_days_mean", "open_contact_days_mean"),
        "satisfaction": ("satisfaction_mean",),
        "channel": ("phone_contact_share", "chat_contact_share", "shop_contact_share", "email_contact_share"),
    },
    clean.LIFESTYLE_MONTHLY.name: {
        "streaming_minutes": ("streaming_minutes_per_month", "streaming_velocity", "streaming_affinity"),
        "social_minutes": ("social_minutes_per_month", "social_velocity", "social_affinity"),
        "gaming_minutes": ("gaming_minutes_per_month", "gaming_velocity", "gaming_affinity"),
        "nightlife_visits": ("nightlife_visits_per_month", "nightlife_velocity", "nightlife_affinity"),
        "supermarket_amount": ("supermarket_amount_per_month", "supermarket_velocity", "supermarket_affinity"),
        "travel_days": ("travel_days_per_month", "travel_velocity", "travel_affinity"),
    },
    clean.SALARY_BRACKETS.name: {"salary_bracket": ("salary_bracket", "salary_change", "spending_for_salary")},
    clean.SUBSCRIBERS.name: {
        "household_id": _OF_HOUSEHOLDS,
        "birth_year": ("age_years",),
        "gender": ("is_female",),
        "region": ("region_share",),
        "is_urban": ("is_urban",),
        "latitude": ("km_moved",),
        "longitude": ("km_moved",),
    },
    clean.DEVICES.name: {
        "device_class": ("is_flagship_device", "is_basic_device", "household_device_kinds"),
        "is_5g": ("is_5g_device",),
        "release_year": ("device_age_years",),
    },
    clean.SURVEYS.name: {"question": _OF_SURVEYS, "answer": _OF_SURVEYS},
    clean.DIGITAL_MONTHLY.name: {
        "n_app_logins": ("app_logins_per_month", "digital_velocity"),
        "n_web_visits": ("web_visits_per_month", "digital_velocity"),
        "n_emails_opened": ("emails_opened_per_month",),
    },
}
"""Table -> column -> features that say nothing without it. What of a line a row is about, every feature needs."""
ONE_OF: Mapping[str, tuple[str, ...]] = dict.fromkeys(
    ("moves_per_year", "km_moved"), ("subscribers.household_id", "subscribers.region")
)
"""Features that need one of several columns."""
OF_VALUE = ("monthly_value", "spending_for_salary")
"""Features made with the value of a line, which each vertical takes from one of these columns."""
VALUE_OF: Mapping[VerticalName, tuple[str, ...]] = {
    PAYG: ("usage_daily.charged_amount", "recharges.recharge_amount"),
    **dict.fromkeys(CONTRACT, ("invoices.bill_amount",)),
}


def of_a_line(table: Table) -> tuple[str, ...]:
    """Columns without which no row of a table says anything of a line."""
    of_spells = ("vertical",) if table is clean.SERVICE_SPELLS else ()
    named = ("subscriber_id", table.time_column, *of_spells)
    return tuple(name for name in named if name in table.column_names)


def missing(
    features: Sequence[Feature],
    vertical: VerticalName,
    filled: Mapping[str, Collection[str]],
    ready: Collection[str] = (),
) -> dict[str, tuple[str, ...]]:
    """Features of a vertical that cannot be had, each with what it lacks: a table, or table.column.

    `filled` names clean tables with the columns that are mapped; where features come ready-made, `ready` names those.
    """
    if ready:
        return {feature.name: (READY_MADE,) for feature in features if feature.name not in ready}
    lacks_lines = tuple(_lacking_lines(vertical, filled))
    gaps = {feature.name: (*lacks_lines, *_gaps(feature, vertical, filled)) for feature in features}
    return {name: tuple(dict.fromkeys(own)) for name, own in gaps.items() if own}


def _lacking_lines(vertical: VerticalName, filled: Mapping[str, Collection[str]]) -> Iterator[str]:
    """What keeps lines from being in a vertical at all. Without spells a line that uses or recharges is in PAYG."""
    spells = clean.SERVICE_SPELLS.name
    if spells in filled:
        yield from (f"{spells}.{name}" for name in of_a_line(clean.SERVICE_SPELLS) if name not in filled[spells])
    elif vertical is not PAYG:
        yield spells


def _gaps(feature: Feature, vertical: VerticalName, filled: Mapping[str, Collection[str]]) -> Iterator[str]:
    if not feature.needs:
        yield READY_MADE
    values = VALUE_OF[vertical] if feature.name in OF_VALUE else ()
    places = ONE_OF.get(feature.name, ()) if set(feature.needs) <= filled.keys() else ()
    for options in (places, values):
        if options and not any(_is_filled(option, filled) for option in options):
            yield " or ".join(options)
    of_value = {option.partition(".")[0] for one in VALUE_OF.values() for option in one} if values else set()
    for table in feature.needs:
        if table in of_value:
            continue
        if table not in filled:
            yield table
            continue
        needed = [name for name, made in MADE_OF.get(table, {}).items() if feature.name in made]
        yield from (f"{table}.{name}" for name in (*_lines_of(table), *needed) if name not in filled[table])


def _lines_of(table: str) -> tuple[str, ...]:
    return next(of_a_line(one) for one in clean.TABLES if one.name == table)


def _is_filled(option: str, filled: Mapping[str, Collection[str]]) -> bool:
    table, _, column = option.partition(".")
    return column in filled.get(table, ())
