"""Feeds that cannot be taken in: the others are, and all of these are told together."""

from collections.abc import Callable, Sequence

from segmentation.errors import SourceError
from segmentation.sources.feeds import FeedCounts


def counts_or_refusal(take_in: Callable[[], FeedCounts]) -> FeedCounts | SourceError:
    """What became of a feed, or why it cannot be taken in."""
    try:
        return take_in()
    except SourceError as refused:
        return refused


def require_none(found: Sequence[FeedCounts | SourceError]) -> None:
    """Raise SourceError telling of every feed that cannot be taken in."""
    refused = [one for one in found if isinstance(one, SourceError)]
    if len(refused) == 1:
        raise refused[0]
    if refused:
        raise SourceError(
            f"{len(refused)} of {len(found)} feeds cannot be taken in; of these nothing was written",
            found="\n    ".join(["", *(f"{one}".replace("\n", "\n    ") for one in refused)]),
            remedy="mend them and run again; the others are taken in",
        )
