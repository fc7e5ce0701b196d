"""What a person has agreed to decides what is made of their lines, before any feature is built.

Where no consents are delivered, the operator has seen to them before the feeds: every line counts as agreed.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.errors import DataError
from segmentation.settings import stable_hash
from segmentation.sources import contents
from segmentation.tables import Store, clean
from segmentation.tables.store import holding_on

ANALYTICS = "analytics"
"""Who has objected to this is not segmented: no features, no segment. Without a word it counts as agreed (a legitimate
interest of the operator in its own data: GDPR articles 6(1)(f) and 21)."""
_AGREED = "_is_agreed"
NEEDS_GRANT: Mapping[str, str] = {"lifestyle": "partner_data", "salary": "partner_data"}
"""Families made of what others know: they need a grant of this purpose (GDPR article 6(1)(a)), else they are null."""


def without_objection(lines: DataFrame, tables_at: Store, as_of: date) -> DataFrame:
    """Lines whose person has not objected to analytics by the day. Grain: unchanged."""
    if not tables_at.exists(clean.CONSENTS):
        return lines
    objecting = _answers(tables_at, as_of, ANALYTICS).filter(~F.col("is_granted")).select("subscriber_id")
    return lines.join(objecting, on="subscriber_id", how="left_anti")


def only_agreed(lines: DataFrame, tables_at: Store, as_of: date, family: str) -> DataFrame:
    """Lines of which a family of features may be made: all, or those whose person has granted it. Grain: unchanged."""
    purpose = NEEDS_GRANT.get(family)
    if purpose is None or not tables_at.exists(clean.CONSENTS):
        return lines
    granted = _answers(tables_at, as_of, purpose).filter("is_granted").select("subscriber_id")
    return lines.join(granted, on="subscriber_id", how="left_semi")


def with_agreed_values(
    lines: DataFrame, tables_at: Store, as_of: date, by_family: Mapping[str, Sequence[str]]
) -> DataFrame:
    """The lines, null in the columns of each family that may not be made of them. Grain: unchanged.

    Needs one row for a subscriber_id.
    """
    for family, names in by_family.items():
        if family in NEEDS_GRANT and tables_at.exists(clean.CONSENTS):
            agreed = only_agreed(lines.select("subscriber_id"), tables_at, as_of, family)
            flagged = lines.join(agreed.withColumn(_AGREED, F.lit(True)), on="subscriber_id", how="left")
            lines = flagged.withColumns({name: F.when(F.col(_AGREED), F.col(name)) for name in names}).drop(_AGREED)
    return lines


def version(tables_at: Store, as_of: date) -> str:
    """Hash of what people have answered by a day, and of whose lines they are."""
    tables = (clean.CONSENTS, clean.SUBSCRIBERS)
    held = contents.held(tables_at, tables)
    return stable_hash([held.version(table, as_of) for table in tables])


def _answers(tables_at: Store, as_of: date, purpose: str) -> DataFrame:
    """What the person of a line has answered, the newest answer that holds on the day. Grain: subscriber_id.

    Raises: DataError where nothing tells whose line is whose: an objection would not be heard.
    """
    if not tables_at.exists(clean.SUBSCRIBERS):
        raise DataError(
            "there are consents of people, but nothing tells which lines are theirs",
            where=clean.CONSENTS.name,
            found=f"no {clean.SUBSCRIBERS.name}",
            expected=f"{clean.SUBSCRIBERS.name} with the customer_id of every line",
            remedy=f"list a source that fills {clean.SUBSCRIBERS.name} in the conf file",
        )
    people = holding_on(tables_at.read(clean.SUBSCRIBERS, as_of), as_of)
    person = people.groupBy("subscriber_id").agg(F.max_by("customer_id", "valid_from").alias("customer_id"))
    of_purpose = tables_at.read(clean.CONSENTS, as_of).filter(F.col("purpose") == purpose)
    answers = holding_on(of_purpose, as_of).groupBy("customer_id")
    newest = answers.agg(F.max_by("is_granted", "valid_from").alias("is_granted"))
    return person.join(newest, on="customer_id", how="inner").select("subscriber_id", "is_granted")
