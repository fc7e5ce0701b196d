"""Public holidays: people call each other more."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from segmentation.settings import EffectSettings

DAYS = ("01-01", "05-01", "12-24", "12-25", "12-26", "12-31")
"""Month and day of the holidays that fall on the same day each year."""


def talk(effects: EffectSettings) -> Column:
    """Calls and messages of the `day` over those of an ordinary one."""
    is_holiday = F.date_format("day", "MM-dd").isin(*DAYS)
    return F.when(is_holiday, effects.holiday_factor).otherwise(1.0)
