"""The segments planted: how their lines behave, in spreads from a common middle, and which segment is their neighbour.

The figures are multiplied by SEPARATION; `1.0` of `data` then means: the typical line of the segment lies one spread
(times SEPARATION) above the middle of the base in data. What is not named is 0. The attributes are explained beside
the feeds that show them (usage.py, lifestyle.py, recharges.py, bills.py, care.py, lines.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from segmentation.settings import SyntheticSettings

PAYG, PLAN, HOME = "payg", "plan", "home"
VERTICALS = (PAYG, PLAN, HOME)
SEPARATION: Mapping[str, float] = {PAYG: 1.9, PLAN: 1.9, HOME: 2.0}
"""How far segments lie apart: the larger, the easier to tell. Chosen so that a classifier taught with the truth reaches
an adjusted Rand index of about 0.9."""


@dataclass(frozen=True)
class Segment:
    """One planted segment. `share` is of its vertical, `trend` the change of the log of a level per month in it."""

    name: str
    vertical: str
    share: float
    means: Mapping[str, float]
    neighbours: tuple[str, ...]
    trend: Mapping[str, float] = field(default_factory=dict)
    contract: tuple[int, int] = (6, 18)
    """Months that a contract has left: it is renewed when fewer than the first are left, for the last."""
    is_known: bool = True


FREQUENT = "Frequent Small Rechargers"
BULK = "Bulk Rechargers / Mid-Tier Prepaid"
DATA_HEAVY = "Data-Heavy Prepaid"
MIGRATORS = "Potential Postpaid Migrators"
CHURN_RISK = "Churn Risk"
HIGH_VALUE = "High-Value Postpaid"
VIP = "VIP / Premium Postpaid"
RENEWALS = "Contract Renewals Needed"
AT_RISK = "At-Risk Churners"
BUDGET = "Budget / Low Usage"
CORPORATE = "Corporate Professionals"
STREAMING = "Streaming Enthusiasts"
SOCIAL = "Social Media Addicts"
BUNDLE = "Bundle Seekers"
WORK_FROM_HOME = "Work-from-Home"
FAMILY = "Multi-Device / Family Bundle"
FRUSTRATED = "Service Frustrated"

_FALLING = dict.fromkeys(("streaming", "market", "data", "voice", "sms", "rate"), -0.13)
_FADING = {"data": -0.03, "voice": -0.03}
_GROWING = {"rate": 0.05, "data": 0.05, "voice": 0.03}

_PAYG = (
    Segment(
        FREQUENT, PAYG, 0.23,
        {"rate": 1.7, "amount": -1.6, "data": -1.3, "nightlife": -1.2, "social": -1.2, "streaming": 1.0, "market": 1.1,
         "active": 0.5, "salary": -0.8, "sms": 0.7, "night": -0.6, "voice": 0.2, "travel": -0.5, "evening": 0.4,
         "gaming": -0.3, "weekend": 0.3},
        (CHURN_RISK, BULK),
    ),
    Segment(
        BULK, PAYG, 0.20,
        {"amount": 1.6, "rate": -0.8, "regular": 0.6, "voice": 1.2, "work": 0.5, "salary": 0.3, "travel": 0.5,
         "offnet": -0.8, "sms": 0.6, "peers": 0.9, "gaming": -1.0, "data": -0.3, "social": -0.2, "night": -0.7,
         "streaming": -0.5, "steady": 0.4, "call_length": 0.3},
        (MIGRATORS, CHURN_RISK),
    ),
    Segment(
        DATA_HEAVY, PAYG, 0.20,
        {"data": 1.7, "social": 1.2, "gaming": 1.4, "streaming": 0.2, "voice": -1.1, "sms": -0.9, "night": 1.3,
         "nightlife": 0.9, "evening": 0.3, "rate": 0.4, "amount": 0.1, "peers": -0.7, "market": -0.5, "work": -0.7,
         "weekend": 0.6, "salary": -0.2, "active": 0.4},
        (MIGRATORS, FREQUENT),
    ),
    Segment(
        MIGRATORS, PAYG, 0.17,
        {"salary": 1.5, "regular": 1.2, "rate": 0.3, "amount": 0.7, "work": 1.2, "travel": 1.3, "data": 0.6,
         "active": 0.8, "steady": 0.9, "nightlife": 0.5, "night": -0.4, "offnet": 0.3, "peers": 0.4, "streaming": -0.4,
         "weekend": -0.7, "social": 0.3},
        (BULK, DATA_HEAVY),
        _GROWING,
    ),
    Segment(
        CHURN_RISK, PAYG, 0.20,
        {"rate": -0.8, "active": -1.3, "voice": -0.6, "data": -0.4, "regular": -1.2, "steady": -1.1, "offnet": 1.2,
         "sms": -0.4, "peers": -0.6, "market": 0.3, "streaming": 0.5, "amount": -0.2, "travel": -0.4, "social": -0.1,
         "weekend": 0.2},
        (FREQUENT, BULK),
        _FALLING,
    ),
    Segment(
        "Night Gamers", PAYG, 0.10,
        {"gaming": 1.9, "night": 1.8, "data": 0.7, "evening": -0.9, "work": -1.0, "voice": -1.5, "streaming": -1.2,
         "nightlife": -1.2, "sms": -1.1, "social": -0.6, "market": -0.9, "travel": -0.9, "regular": 0.5, "weekend": 0.5,
         "rate": 1.0, "amount": -0.8, "salary": -0.6},
        (DATA_HEAVY, FREQUENT),
        is_known=False,
    ),
)  # fmt: skip
_PLAN = (
    Segment(
        HIGH_VALUE, PLAN, 0.18,
        {"price": 0.6, "data": 0.5, "voice": 0.8, "streaming": -1.4, "video": -1.2, "social": -0.5, "salary": 0.7,
         "tenure": 1.1, "contact": -0.9, "work": 0.8, "gaming": -0.7, "market": 0.4, "active": 0.4, "late": -0.3,
         "night": -0.4, "peers": 0.5, "weekend": -0.5},
        (VIP, AT_RISK),
        contract=(9, 24),
    ),
    Segment(
        VIP, PLAN, 0.20,
        {"price": 1.8, "data": 1.4, "roaming": 1.7, "travel": 1.6, "salary": 1.6, "streaming": 0.8, "nightlife": 1.3,
         "tenure": 0.4, "contact": -0.2, "addon": 0.9, "offnet": 0.5, "peers": 0.8, "video": 0.4, "late": -0.6,
         "active": 0.7, "evening": 0.5, "steady": 0.5},
        (HIGH_VALUE, RENEWALS),
        contract=(9, 24),
    ),
    Segment(
        RENEWALS, PLAN, 0.22,
        {"price": 1.1, "overage": 1.3, "tenure": 0.5, "streaming": 1.0, "social": 1.1, "voice": 0.4, "sms": 1.1,
         "weekend": 0.9, "gaming": 0.8, "market": 0.9, "discount": -0.9, "data": 0.3, "video": 0.9, "night": 0.5,
         "work": -0.7, "travel": -0.2, "nightlife": 0.3},
        (VIP, BUDGET),
        contract=(1, 5),
    ),
    Segment(
        AT_RISK, PLAN, 0.14,
        {"price": 0.4, "data": 0.3, "voice": 0.6, "streaming": -1.4, "video": -1.2, "social": -0.5, "salary": 0.5,
         "tenure": -1.5, "contact": 1.3, "work": 0.7, "gaming": -0.7, "market": 0.3, "active": 0.3, "late": 0.7,
         "night": -0.4, "peers": 0.4, "weekend": -0.4, "discount": 0.4, "steady": -0.2, "anger": 1.0},
        (HIGH_VALUE, RENEWALS),
        _FADING,
        (1, 13),
    ),
    Segment(
        BUDGET, PLAN, 0.26,
        {"price": -1.7, "data": -1.6, "voice": -1.1, "salary": -1.2, "streaming": 0.6, "active": -1.1, "travel": -1.0,
         "peers": -1.0, "sms": -0.3, "discount": 0.7, "nightlife": -0.8, "roaming": -0.9, "offnet": -0.6, "video": 0.3,
         "market": -0.5, "overage": -0.6, "work": -0.2},
        (RENEWALS, AT_RISK),
        contract=(5, 18),
    ),
    Segment(
        "Seasonal Roamers", PLAN, 0.10,
        {"roaming": 2.0, "travel": 1.8, "active": -1.4, "data": -0.9, "price": -0.4, "voice": -0.9, "sms": 1.3,
         "offnet": 1.4, "market": -1.4, "streaming": 0.3, "steady": -1.3, "evening": 0.9, "work": -1.3, "gaming": -0.4,
         "contact": 0.3, "peers": -0.4},
        (BUDGET, VIP),
        contract=(6, 17),
        is_known=False,
    ),
)  # fmt: skip
_HOME = (
    Segment(
        CORPORATE, HOME, 0.16,
        {"salary": 1.4, "work": 1.3, "upload": 0.9, "streaming": -0.9, "video": -1.1, "travel": 1.3, "price": 1.2,
         "night": -0.8, "weekend": -1.0, "gaming": -1.0, "games": -0.9, "contact": -0.4, "lines": -0.3, "late": -0.5,
         "steady": 0.6, "social": -0.5},
        (WORK_FROM_HOME, STREAMING),
    ),
    Segment(
        STREAMING, HOME, 0.20,
        {"streaming": 1.6, "video": 1.7, "evening": 1.1, "data": 1.0, "night": 0.6, "weekend": 0.7, "market": 0.5,
         "gaming": 0.3, "work": -0.8, "upload": -0.8, "contact": -0.4, "chat": -0.6, "nightlife": -0.6, "devices": 0.3,
         "travel": -0.5},
        (FAMILY, SOCIAL),
    ),
    Segment(
        SOCIAL, HOME, 0.06,
        {"social": 1.7, "chat": 1.9, "nightlife": 1.3, "night": 1.1, "upload": 0.7, "streaming": 0.1, "video": -0.6,
         "salary": -0.7, "data": -0.3, "devices": -0.7, "lines": -0.7, "market": -0.4, "weekend": 0.5, "price": -0.4},
        (STREAMING, WORK_FROM_HOME),
    ),
    Segment(
        BUNDLE, HOME, 0.06,
        {"discount": 1.8, "addon": 1.9, "change": 1.7, "price": -0.3, "market": 1.1, "lines": 0.5, "contact": 0.4,
         "salary": -0.4, "overage": 0.6, "data": -0.2, "video": 0.2, "chat": 0.2},
        (FAMILY, FRUSTRATED),
    ),
    Segment(
        WORK_FROM_HOME, HOME, 0.18,
        {"work": 1.6, "upload": 1.6, "data": 0.5, "active": 0.9, "steady": 0.9, "salary": 0.5, "evening": -0.9,
         "streaming": -0.5, "video": -0.6, "nightlife": -0.6, "travel": -0.9, "price": 0.3, "devices": -0.3,
         "contact": 0.2, "games": -0.5, "night": -0.4, "market": 0.2},
        (CORPORATE, FAMILY),
    ),
    Segment(
        FAMILY, HOME, 0.18,
        {"devices": 1.7, "lines": 1.6, "gaming": 1.3, "games": 1.3, "data": 0.9, "market": 1.1, "evening": 0.5,
         "price": 0.7, "active": 0.7, "weekend": 0.8, "upload": -0.3, "discount": 0.5, "nightlife": -0.7, "addon": 0.4,
         "video": 0.2, "salary": 0.1},
        (STREAMING, WORK_FROM_HOME),
    ),
    Segment(
        FRUSTRATED, HOME, 0.16,
        {"contact": 1.8, "active": -1.0, "data": -0.8, "steady": -1.2, "late": 0.9, "price": -0.7, "salary": -0.6,
         "devices": -0.5, "lines": -0.5, "streaming": -0.6, "change": 0.4, "discount": 0.3, "evening": -0.2,
         "work": -0.3, "upload": -0.5, "market": -0.3, "anger": 1.4},
        (WORK_FROM_HOME, STREAMING),
        {"data": -0.04},
    ),
    Segment(
        "Holiday Homes", HOME, 0.10,
        {"weekend": 2.0, "active": -1.9, "data": -1.2, "travel": 1.7, "salary": 1.0, "steady": -1.0, "devices": -1.0,
         "lines": -0.8, "work": -1.2, "streaming": 0.5, "market": -0.9, "contact": -0.6, "discount": -0.8,
         "nightlife": 0.9, "late": -0.6},
        (CORPORATE, STREAMING),
        is_known=False,
    ),
)  # fmt: skip
SEGMENTS = (*_PAYG, *_PLAN, *_HOME)
NAMES = tuple(segment.name for segment in SEGMENTS)
SPREAD_SEGMENTS = (SOCIAL, BUNDLE)
"""Homes of these are tied to anybody; all others live among their like."""
UNKNOWN = tuple(segment.name for segment in SEGMENTS if not segment.is_known)


def of(name: str) -> Segment:
    """The segment of that name."""
    return SEGMENTS[NAMES.index(name)]


def shares(settings: SyntheticSettings) -> dict[str, float]:
    """Share of its vertical that every segment planted should have; those of a vertical add up to 1."""
    asked = {name: share for by_name in settings.segment_shares.values() for name, share in by_name.items()}
    raw = {
        segment.name: asked.get(segment.name, segment.share)
        for segment in SEGMENTS
        if segment.is_known or segment.name in settings.unknown_segments
    }
    totals = {vertical: sum(raw[name] for name in raw if of(name).vertical == vertical) for vertical in VERTICALS}
    return {name: share / totals[of(name).vertical] for name, share in raw.items() if share > 0}
