"""What the people of care write down, by what it was about and how the customer felt."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from segmentation.synthetic.base import line_number
from segmentation.synthetic.names import email, full_name
from segmentation.synthetic.randomness import Streams, lookup

TOPICS = ("BILL", "NET", "DEVICE", "CONTRACT", "OTHER")
_ANGRY, _CALM, _PLEASED = range(3)
_NOTES: dict[str, tuple[tuple[str, str], tuple[str, str], tuple[str, str]]] = {
    "BILL": (
        (
            "{name} is furious about the bill, far too high again, wants to be called back on {number}.",
            "Says the charges are a rip-off and threatens to leave. Wrote from {email}.",
        ),
        ("Customer {name} called about the bill, asks to be called back on {number}.", "Asks what the last item is."),
        ("{name} thanked us for the corrected bill.", "Happy with the discount, pays from {email}."),
    ),
    "NET": (
        (
            "{name} says the line drops every evening, third time this month, is angry. Wrote to {email}.",
            "Complains about slow data, mentions another operator. Number {number}.",
        ),
        (
            "Reports that the line was down for an hour. Reached under {number}.",
            "{name} asks how to set up the router.",
        ),
        ("Line works again, {name} is relieved.", "Very pleased with the new speed, says thanks."),
    ),
    "DEVICE": (
        ("The phone broke again and {name} has had enough.", "Waits for a repair for weeks, bitter. Number {number}."),
        ("Asked for the new router. Reached under {number}.", "{name} ({email}) asks about a new phone."),
        ("Loves the new phone, thanks to {name}'s shop.", "Exchange went well, all solved."),
    ),
    "CONTRACT": (
        ("{name} feels tricked by the contract and wants out now.", "Cancels if nothing is offered. Call {number}."),
        ("{name} ({email}) wants to know when the contract ends.", "Asks for the terms by post."),
        ("Renewed gladly, {name} likes the offer.", "Glad about the longer term, thanked us."),
    ),
    "OTHER": (
        ("{name} was on hold for an hour and is upset.", "Complains that nobody answers mail from {email}."),
        ("New address to be noted, call {number}.", "{name} asks for the nearest shop."),
        ("Thanked us, all solved.", "{name} praises the colleague of last week."),
    ),
}


def mood(anger: Column, is_complaint: Column) -> Column:
    """How the customer feels (0 angry, 1 calm, 2 pleased), from the anger of the month in spreads."""
    return (
        F.when(is_complaint & (anger > -0.5), _ANGRY)
        .when(~is_complaint & (anger < -0.8), _PLEASED)
        .when(anger > 2.0, _ANGRY)
        .otherwise(_CALM)
    )


def note(streams: Streams, topic: Column, felt: Column, *keys: Column) -> Column:
    """A note on a contact, with the name, address or number of the customer in some."""
    texts = [text for topic_of in TOPICS for of_mood in _NOTES[topic_of] for text in of_mood]
    place = F.array_position(F.array(*map(F.lit, TOPICS)), topic) - 1
    chosen = lookup(texts, (place * 3 + felt) * 2 + streams.whole("care.note", 0, 1, *keys), "string")
    named = F.replace(chosen, F.lit("{name}"), full_name(streams))
    mailed = F.replace(named, F.lit("{email}"), email(streams))
    return F.replace(mailed, F.lit("{number}"), line_number(F.col("line")))
