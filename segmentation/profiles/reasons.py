"""Why a line is in its segment: how sure that is, what came second, and where the line differs from that."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from segmentation.features.catalogue import Feature
from segmentation.privacy.tokens import TOKEN_LENGTH, token_of
from segmentation.tables import PersonalData

N_DIFFERENCES = 5
_TOKEN = re.compile(rf"[0-9a-f]{{{TOKEN_LENGTH}}}")


@dataclass(frozen=True)
class Difference:
    """One feature in which the line differs from the runner-up.

    `spreads` is in standard deviations of the base, to one digit: enough to explain, too little to tell the value.
    """

    words: str
    spreads: float
    is_like_segment: bool
    """Whether its own segment differs the same way."""


@dataclass(frozen=True)
class Reason:
    """Why a line is where it is. Holds no key and no value of the line; `n_withheld` personal features are not told."""

    vertical: str
    segment: str
    runner_up: str | None
    margin: float | None
    probability: float | None
    assigned_by: str
    differences: tuple[Difference, ...]
    n_withheld: int


def possible_ids(key: str, secret: bytes | None) -> tuple[str, ...]:
    """The subscriber_id a person may mean: the token of a raw key, or the key itself where it looks like a token."""
    written = key.strip()
    tokens = [] if secret is None else [token_of(secret, "subscriber", written)]
    return tuple(found for found in (*tokens, written if _TOKEN.fullmatch(written) else None) if found)


def reason(
    published: DataFrame,
    features: DataFrame,
    segment_names: Mapping[str, str],
    told: Sequence[Feature],
    subscriber_ids: Sequence[str],
) -> Reason | None:
    """Why the line is in its segment; None when none of the ids is in `published`.

    `published` are the assignments of one vertical and day, `features` those of the same. The `told` features are
    compared; of those with a long tail the logarithm, so that a few giants do not hide every difference.
    """
    line = published.filter(F.col("subscriber_id").isin(*subscriber_ids)).first()
    if line is None:
        return None
    open_features = [feature for feature in told if feature.sensitivity is PersonalData.NONE]
    runner_up = line["runner_up_segment_id"]
    return Reason(
        vertical=line["vertical"],
        segment=segment_names[line["segment_id"]],
        runner_up=None if runner_up is None else segment_names[runner_up],
        margin=line["margin"],
        probability=line["probability"],
        assigned_by=line["assigned_by"],
        differences=_differences(line, published, features, open_features),
        n_withheld=len(told) - len(open_features),
    )


def compared_value(feature: Feature) -> Column:
    """The feature as it is compared: the signed logarithm of 1 + |value| where it has a long tail."""
    value = F.col(feature.name)
    return F.signum(value) * F.log1p(F.abs(value)) if feature.skew == "log" else value


def _differences(
    line: Row, published: DataFrame, features: DataFrame, told: Sequence[Feature]
) -> tuple[Difference, ...]:
    """The largest differences, largest first; two that are said in the same words count once."""
    values = features.select("subscriber_id", *[compared_value(feature).alias(feature.name) for feature in told])
    held = published.select("subscriber_id", "segment_id").join(values, on="subscriber_id", how="inner")
    is_it = F.col("subscriber_id") == line["subscriber_id"]
    is_in = F.col("segment_id") == line["segment_id"]
    is_in_other = F.col("segment_id") == line["runner_up_segment_id"]
    sums = [
        column
        for feature in told
        for column in (
            F.max(F.when(is_it, F.col(feature.name))).alias(f"own_{feature.name}"),
            F.mean(F.when(is_in, F.col(feature.name))).alias(f"segment_{feature.name}"),
            F.mean(F.when(is_in_other, F.col(feature.name))).alias(f"other_{feature.name}"),
            F.stddev_pop(feature.name).alias(f"spread_{feature.name}"),
        )
    ]
    known = held.agg(*sums).first() if sums else None
    found = [] if known is None else [_difference(feature, known) for feature in told]
    ordered = sorted((d for d in found if d is not None), key=lambda d: (-abs(d.spreads), d.words))
    return tuple({difference.words: difference for difference in reversed(ordered)}.values())[::-1][:N_DIFFERENCES]


def _difference(feature: Feature, known: Row) -> Difference | None:
    own, segment, other, spread = (known[f"{part}_{feature.name}"] for part in ("own", "segment", "other", "spread"))
    if own is None or other is None or not spread:
        return None
    spreads = round((own - other) / spread, 1)
    words = feature.words.high if spreads > 0 else feature.words.low
    return Difference(words, spreads, segment is not None and (segment - other) * spreads > 0)
