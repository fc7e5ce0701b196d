"""Why lines leave, and what is seen of it in the months before."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from segmentation.settings import EffectSettings
from segmentation.synthetic.randomness import Streams

PRICE, SERVICE, COMPETITOR, NEED = "price", "service", "competitor", "need"


def cause(streams: Streams, effects: EffectSettings) -> Column:
    """Why the line leaves; null unless it is about to, or leaves in the month.

    `price`: its last bills were high. `service`: it complained of the network. `competitor`: it asks to take its number
    along, and does. `need`: nothing is seen but that it is used less.
    """
    return F.when(F.col("leaving") > 0, cause_of_end(streams, effects))


def cause_of_end(streams: Streams, effects: EffectSettings) -> Column:
    """Why a stay that ends in `run_end` ends, when the line leaves then."""
    parts = {name: part for name, part in effects.churn_causes.items() if part > 0}
    return streams.pick("leaving.cause", list(parts), list(parts.values()), F.col("line"), F.col("run_end"))
