"""Say why a line is in its segment."""

from dataclasses import asdict
from typing import Annotated

import typer

from jobs.opening import reading_job
from jobs.terminal import Answer
from segmentation.errors import DataError, SettingsError
from segmentation.features import catalogue
from segmentation.graph.model import BY_COMMUNITY, BY_TIES
from segmentation.models import registry
from segmentation.profiles.reasons import Difference, Reason, possible_ids, reason
from segmentation.runs import Run
from segmentation.segments.publication import current_assignments
from segmentation.settings import Json, VerticalName
from segmentation.tables import built

WEIGHED = {
    BY_COMMUNITY: "the homes it was grouped with at the fit are of this segment, and its profile is not against it",
    BY_TIES: "the segments of the homes it is tied to were weighed with its profile",
}
"""What placed a home beside its own profile."""


def run(at: Run, subscriber: Annotated[str, typer.Argument(help="Number of the line, or its pseudonym.")]) -> Answer:
    """Say why a line is in its segment: how sure that is, the runner-up, and the five largest differences from it."""
    as_of = at.as_of_days[-1]
    ids = possible_ids(subscriber, _secret(at))
    names = {row["segment_id"]: row["segment_name"] for row in at.tables_at.read(built.SEGMENTS).collect()}
    found = [why for vertical in at.verticals if (why := _reason(at, vertical, names, ids)) is not None]
    if not found:
        raise DataError(
            "no such line has a segment on this day",
            where=f"segment_assignments of {as_of}",
            expected="the number of a line, written as in the feeds, or its subscriber_id",
            remedy="look at another --month, or check that --conf-file names the secret the line was read with",
        )
    text = "\n\n".join(_as_text(why) for why in found)
    data: dict[str, Json] = {"as_of": as_of.isoformat(), "reasons": [asdict(why) for why in found]}
    return Answer((f"As of {as_of}\n\n{text}",), data)


def _reason(at: Run, vertical: VerticalName, names: dict[str, str], ids: tuple[str, ...]) -> Reason | None:
    as_of = at.as_of_days[-1]
    published = current_assignments(at.tables_at, vertical.value, as_of)
    features = at.tables_at.read(catalogue.feature_table(vertical), as_of)
    scored = published.select("model_version").first()
    if scored is None:
        return None
    told = [catalogue.by_name(name) for name in registry.features_of(at.tables_at, vertical, scored["model_version"])]
    return reason(published, features, names, told, ids)


def _secret(at: Run) -> bytes | None:
    """None when the reference leads nowhere: a pseudonym can be looked up without it."""
    try:
        return at.settings.secret.key()
    except SettingsError:
        return None


def _as_text(why: Reason) -> str:
    probability = "" if why.probability is None else f", probability {why.probability:.0%}"
    margin = "" if why.margin is None else f", margin {why.margin:.2f} (0 on the border, 1 beyond doubt)"
    lines = [f"{why.vertical}: {why.segment}", f"  found by {why.assigned_by}{probability}{margin}"]
    if why.assigned_by in WEIGHED:
        lines += [f"  {WEIGHED[why.assigned_by]}; the differences below tell of its profile alone"]
    if why.runner_up is not None:
        lines += [f"  next: {why.runner_up}", f"  this line, against a typical line of {why.runner_up}:"]
        lines += [f"    {_difference_text(difference)}" for difference in why.differences]
    if why.n_withheld:
        lines += [f"  {why.n_withheld} personal feature(s) left out"]
    return "\n".join(lines)


def _difference_text(difference: Difference) -> str:
    way = "above" if difference.spreads > 0 else "below"
    unlike = "" if difference.is_like_segment else "; its own segment does not"
    return f"{difference.words} ({abs(difference.spreads):.1f} spreads {way}{unlike})"


main = reading_job(run, "why", "segmentation why 990271828183", "segmentation why 990271828183 --month 2026-10 --json")

if __name__ == "__main__":
    main()
