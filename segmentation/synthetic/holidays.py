"""Public holidays: people call each other more."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from segmentation.settings import EffectSettings


def talk(effects: EffectSettings) -> Column:
    """Calls and messages of the `day` over those of an ordinary one."""
    is_holiday = F.date_format("day", "MM-dd").isin(*effects.holidays)
    return F.when(is_holiday, effects.holiday_factor).otherwise(1.0)
