"""Names and addresses of customers that do not exist."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from segmentation.synthetic.randomness import Streams, lookup

_GIVEN = (
    "Alva", "Bruno", "Cleo", "Dario", "Edda", "Falk", "Greta", "Hanno", "Ines", "Jona", "Kaja", "Levin", "Mira", "Nils",
    "Ottilie", "Piet", "Runa", "Sven", "Tilda", "Uwe", "Vera", "Wanja", "Yara", "Zeno",
)  # fmt: skip
_FAMILY = (
    "Amberg", "Brandis", "Clausen", "Dornfeld", "Eschen", "Falkner", "Grimmel", "Hollern", "Imhoff", "Jessen", "Kolbe",
    "Lindner", "Morgenthal", "Nordhoff", "Oberau", "Pellworm", "Quandt", "Rosenau", "Siebert", "Tannau", "Ulmen",
    "Vossberg", "Wiesner", "Zollern",
)  # fmt: skip
_STREETS = (
    "Mill Lane",
    "Station Road",
    "Elm Street",
    "Harbour Way",
    "Church Hill",
    "Meadow Row",
    "Kiln Yard",
    "Long Acre",
)


def _of(streams: Streams, stream: str, options: tuple[str, ...]) -> Column:
    return lookup(options, streams.whole(stream, 0, len(options) - 1, F.col("customer")), "string")


def misspelt(text: Column, streams: Streams, stream: str, *keys: Column) -> Column:
    """The text with two letters that follow each other changed about."""
    place = 1 + F.floor(streams.uniform(stream, *keys) * (F.length(text) - 1)).cast("int")
    swapped = (F.substring(text, place + 1, F.lit(1)), F.substring(text, place, F.lit(1)))
    return F.concat(F.substring(text, F.lit(1), place - 1), *swapped, F.substring(text, place + 2, F.length(text)))


def full_name(streams: Streams) -> Column:
    """Given and family name of the customer."""
    return F.concat_ws(" ", _of(streams, "name.given", _GIVEN), _of(streams, "name.family", _FAMILY))


def email(streams: Streams) -> Column:
    """Mail address of the customer, in a domain reserved for examples."""
    name = F.lower(F.replace(full_name(streams), F.lit(" "), F.lit(".")))
    return F.concat(name, F.col("customer").cast("string"), F.lit("@example.com"))


def street(streams: Streams) -> Column:
    """Street and number of the customer."""
    number = streams.whole("name.house", 1, 180, F.col("customer")).cast("string")
    return F.concat_ws(" ", number, _of(streams, "name.street", _STREETS))
