"""Who is there: slots, customers, dwellings and addresses of lines. All closed formulae of the number of the slot."""

from dataclasses import dataclass
from functools import cache

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from segmentation.synthetic.randomness import Streams, lookup
from segmentation.synthetic.segments import HOME, PAYG, PLAN

ROWS_PER_PART = 250_000


@dataclass(frozen=True)
class _Customer:
    """The verticals of the lines of one customer, and how many of 100 customers are like that."""

    verticals: tuple[str, ...]
    n_of_100: int


# 15 customers with several lines of a vertical, 20 with two verticals, 65 with one line: 141 slots, of them 68 PAYG,
# 38 plan and 35 home. PAYG slots are oftener empty and their lines move to plan: 45 % of the lines that are there in a
# month are PAYG, 30 % plan and 25 % home.
_CUSTOMERS = (
    _Customer((PAYG,), 39),
    _Customer((PLAN,), 9),
    _Customer((HOME,), 17),
    _Customer((PAYG, PAYG), 5),
    _Customer((PLAN, PLAN), 4),
    _Customer((PAYG, PAYG, PAYG), 3),
    _Customer((PLAN, PLAN, PLAN), 3),
    _Customer((HOME, PLAN), 10),
    _Customer((HOME, PAYG), 8),
    _Customer((PLAN, PAYG), 2),
)
CUSTOMERS_A_BLOCK = 100


@cache
def template() -> tuple[tuple[int, str], ...]:
    """Customer (0-99) and vertical of the slots of one block of 100 customers, mixed so that any part looks alike."""
    slots: list[tuple[int, str]] = []
    number = 0
    for kind in _CUSTOMERS:
        for _ in range(kind.n_of_100):
            slots += [(number, vertical) for vertical in kind.verticals]
            number += 1
    size = len(slots)
    return tuple(slots[position * 50 % size] for position in range(size))


def slots_a_block(vertical: str) -> int:
    """Slots of a vertical in one block."""
    return sum(of_slot == vertical for _, of_slot in template())


def slots(spark: SparkSession, n_lines: int) -> DataFrame:
    """The places of the base, with `vertical`, `customer` and `home_number` (null but for homes). Grain: slot."""
    n_parts = max(4, n_lines // ROWS_PER_PART)
    size = len(template())
    position = F.pmod(F.col("slot"), F.lit(size))
    block = F.floor(F.col("slot") / size)
    home_ranks, n_homes = [], 0
    for _, vertical in template():
        home_ranks.append(n_homes if vertical == HOME else None)
        n_homes += vertical == HOME
    return (
        spark.range(0, n_lines, 1, n_parts)
        .select(F.col("id").alias("slot"))
        .select(
            "slot",
            lookup([vertical for _, vertical in template()], position, "string").alias("vertical"),
            (block * CUSTOMERS_A_BLOCK + lookup([number for number, _ in template()], position, "bigint")).alias(
                "customer"
            ),
            (block * n_homes + lookup(home_ranks, position, "bigint")).alias("home_number"),
        )
    )


def n_homes(n_lines: int) -> int:
    """Number of home slots among the first `n_lines`."""
    blocks, rest = divmod(n_lines, len(template()))
    return blocks * slots_a_block(HOME) + sum(vertical == HOME for _, vertical in template()[:rest])


def home_slot(home_number: Column) -> Column:
    """Slot of the n-th home."""
    places = [place for place, (_, vertical) in enumerate(template()) if vertical == HOME]
    block = F.floor(home_number / len(places))
    return block * len(template()) + lookup(places, F.pmod(home_number, F.lit(len(places))), "bigint")


def line_number(line: Column) -> Column:
    """What the operator calls a line: 12 digits, of no real numbering plan, one for each line."""
    mixed = F.pmod(line * 1_234_567_891 + 271_828_183, F.lit(10_000_000_000))
    return F.concat(F.lit("99"), F.lpad(mixed.cast("string"), 10, "0"))


def identifier(letter: str, number: Column) -> Column:
    """What the operator calls a customer, a payer or a dwelling: a letter and the number, in ten digits at least."""
    digits = number.cast("string")
    # lpad would cut the last digit off a longer one: two dwellings of a base beyond 78 million lines would be one
    return F.concat(F.lit(letter), F.when(F.length(digits) > 10, digits).otherwise(F.lpad(digits, 10, "0")))


_CENTRES = {
    "North": (54.0, 10.0),
    "South": (48.5, 11.0),
    "East": (52.0, 13.5),
    "West": (51.0, 7.0),
    "Centre": (50.5, 9.5),
}
"""Latitude and longitude of the middle of each region."""
REGIONS = tuple(_CENTRES)
_PEOPLE = (25, 25, 15, 20, 15)
"""Of 100 customers, how many live in each region."""
_SPREAD_DEGREES = 0.6


def coordinates(streams: Streams, place: Column) -> dict[str, Column]:
    """Latitude and longitude of a place around the middle of its `region` (null where one of them is not known)."""
    found = {}
    for index, name in enumerate(("lat", "lon")):
        middles = F.create_map(*(F.lit(item) for region, at in _CENTRES.items() for item in (region, at[index])))
        around = middles[age_and_place(streams)["region"]] + _SPREAD_DEGREES * streams.normal(f"place.{name}", place)
        found[name] = F.when(place.isNotNull(), F.round(around, 4)).cast("string")
    return found


def region(streams: Streams) -> Column:
    """Region in which the `customer` lives."""
    return streams.pick("subscriber.region", REGIONS, _PEOPLE, F.col("customer"))


def is_further_line(slot: Column) -> Column:
    """Whether the customer of a slot has an earlier one (boolean)."""
    places = template()
    further = [any(other == customer for other, _ in places[:place]) for place, (customer, _) in enumerate(places)]
    return lookup([int(one) for one in further], F.pmod(slot, F.lit(len(places))), "int") == 1


def birth_date(streams: Streams) -> Column:
    """Day of birth of the `customer`; null where the year is not known."""
    day = streams.whole("subscriber.birthday", 0, 364, F.col("customer"))
    born = age_and_place(streams)["born"]
    return F.date_add(F.make_date(born, F.lit(1), F.lit(1)), day)


def age_and_place(streams: Streams) -> dict[str, Column]:
    """Year of birth, sex, region and kind of place, as the operator writes them; some are missing."""
    customer = F.col("customer")
    born = F.round(1979 + 15 * streams.normal("subscriber.born", customer)).cast("int")
    return {
        "born": F.when(
            streams.uniform("subscriber.born.missing", customer) > 0.05,
            F.greatest(F.least(born, F.lit(2008)), F.lit(1930)),
        ),
        "sex": F.when(
            streams.uniform("subscriber.sex.missing", customer) > 0.08,
            streams.pick("subscriber.sex", ["F", "M", "X"], [49, 49, 2], customer),
        ),
        "region": F.when(streams.uniform("subscriber.region.missing", customer) > 0.03, region(streams)),
        "urban": F.when(
            streams.uniform("subscriber.urban.missing", customer) > 0.03,
            streams.pick("subscriber.urban", ["Y", "N"], [7, 3], customer),
        ),
    }
