"""What a person has agreed to decides what is made of their lines, before any feature is built.

Where no consents are delivered, the operator has seen to them before the feeds: every line counts as agreed.
"""

from collections.abc import Mapping
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.tables import Store, clean
from segmentation.tables.store import holding_on

ANALYTICS = "analytics"
"""Who has objected to this is not segmented: no features, no segment. Without a word it counts as agreed (a legitimate
interest of the operator in its own data: GDPR articles 6(1)(f) and 21)."""
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


def _answers(tables_at: Store, as_of: date, purpose: str) -> DataFrame:
    """What the person of a line has answered, the newest answer that holds on the day. Grain: subscriber_id."""
    people = holding_on(tables_at.read(clean.SUBSCRIBERS, as_of), as_of)
    person = people.groupBy("subscriber_id").agg(F.max_by("customer_id", "valid_from").alias("customer_id"))
    of_purpose = tables_at.read(clean.CONSENTS, as_of).filter(F.col("purpose") == purpose)
    answers = holding_on(of_purpose, as_of).groupBy("customer_id")
    newest = answers.agg(F.max_by("is_granted", "valid_from").alias("is_granted"))
    return person.join(newest, on="customer_id", how="inner").select("subscriber_id", "is_granted")
