"""Feed campaign_contacts: offers made by chance to some of those who agreed, and held back from a control arm."""

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.settings import EffectSettings
from segmentation.synthetic import segments
from segmentation.synthetic.base import line_number
from segmentation.synthetic.behaviour import Behaviour
from segmentation.synthetic.consents import agrees_to_marketing
from segmentation.synthetic.delivery import delivered, reference
from segmentation.synthetic.randomness import lookup

CAMPAIGN_DAY = 10
"""Day of the month on which the offer goes out."""
EFFECTS: Mapping[str, float] = {
    segments.FREQUENT: 0.04,
    segments.BULK: 0.06,
    segments.DATA_HEAVY: 0.08,
    segments.MIGRATORS: 0.14,
    segments.CHURN_RISK: 0.03,
    segments.HIGH_VALUE: 0.05,
    segments.VIP: 0.02,
    segments.RENEWALS: 0.12,
    segments.AT_RISK: 0.07,
    # an offer wakes them, and some find that they pay for what they do not use
    segments.BUDGET: -0.02,
    segments.WORK_FROM_HOME: 0.06,
    segments.FAMILY: 0.05,
    segments.FRUSTRATED: 0.03,
    segments.BUNDLE: 0.10,
}
"""What being asked adds to the share that accepts, by segment; elsewhere nothing."""
_OFFERS = {
    segments.PAYG: ("DATA-PACK", "BONUS-TOPUP", "MOVE-TO-PLAN"),
    segments.PLAN: ("DEVICE", "RENEW", "MORE-DATA"),
    segments.HOME: ("STREAMING", "SPEED-UP", "FAMILY"),
}


def effect_of(effects: EffectSettings) -> dict[str, float]:
    """What being asked adds to the share that accepts, for every segment."""
    return {name: effects.treatment_effects.get(name, EFFECTS.get(name, 0.0)) for name in segments.NAMES}


def campaign_contacts(line_months: DataFrame, of: Behaviour) -> DataFrame:
    """Contacts as the operator writes them, one campaign a month and vertical. Grain: contact_ref.

    Whoever is picked is held back by chance: the control arm. The others get one of three offers.
    """
    streams, effects = of.streams, of.effects
    keys = (F.col("line"), F.col("month"))
    day = F.date_add(F.trunc("month_end", "month"), CAMPAIGN_DAY - 1)
    is_there = day.between(F.col("first_day"), F.col("last_day"))
    is_picked = streams.happens("campaign.picked", effects.campaign_share, *keys)
    picked = line_months.filter(is_there & is_picked & agrees_to_marketing(of))
    is_control = streams.happens("campaign.control", effects.control_share, *keys)
    added = lookup(list(effect_of(effects).values()), F.col("segment"), "double")
    accepts = streams.uniform("campaign.accepts", *keys) < effects.response_share + F.when(is_control, 0.0).otherwise(
        added
    )
    says_no = ~is_control & streams.happens("campaign.declines", effects.declined_share, *keys)
    return picked.select(
        reference(streams, "O", "campaign", *keys).alias("contact_ref"),
        line_number(F.col("line")).alias("phone"),
        day.cast("string").alias("sent_on"),
        F.concat_ws("-", F.upper("vertical"), F.date_format("month_end", "yyyy-MM")).alias("campaign"),
        _offer(of, *keys).alias("offer"),
        streams.pick("campaign.channel", ["SMS", "APP", "MAIL", "CALL"], [45, 30, 20, 5], *keys).alias("via"),
        F.when(is_control, "CONTROL").otherwise("OFFER").alias("arm"),
        F.when(accepts, "YES").when(says_no, "NO").alias("answer"),
        delivered(of, "campaign", F.last_day(day), *keys).alias("delivered"),
    )


def _offer(of: Behaviour, *keys: Column) -> Column:
    chosen = F.lit(None).cast("string")
    for vertical, offers in _OFFERS.items():
        drawn = of.streams.pick("campaign.offer", offers, [1] * len(offers), *keys)
        chosen = F.when(F.col("vertical") == vertical, drawn).otherwise(chosen)
    return chosen
