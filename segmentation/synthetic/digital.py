"""Feed digital_monthly: the app, the self-care site, e-mails opened."""

import math

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.synthetic.base import line_number
from segmentation.synthetic.behaviour import Behaviour
from segmentation.synthetic.delivery import month_arrival


def digital_monthly(line_months: DataFrame, of: Behaviour) -> DataFrame:
    """Digital channels in a month as the operator writes them; no row without use. Grain: svc_no, month_end."""
    streams = of.streams
    keys = (F.col("line"), F.col("month"))
    is_online = ~streams.happens("digital.offline", of.effects.offline_share, F.col("line"))
    values = {
        "logins": streams.count("digital.logins", of.plain_level("app", math.log(5.0), 0.7), 0.3, *keys),
        "visits": streams.count("digital.visits", of.plain_level("site", math.log(1.2), 0.6), 0.4, *keys),
        "opened": streams.count("digital.opened", of.plain_level("mail", math.log(0.8), 0.8), 0.4, *keys),
    }
    counted = line_months.filter(~F.col("is_leaving") & ~F.col("is_coming") & is_online).select(
        line_number(F.col("line")).alias("svc_no"),
        "month_end",
        *(value.alias(name) for name, value in values.items()),
        month_arrival(streams, "digital", *keys).alias("delivered"),
    )
    return counted.filter(F.col("logins") + F.col("visits") + F.col("opened") > 0)
