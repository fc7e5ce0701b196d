"""What has been published about real telecom bases, to hold a generated one against. Nothing is set by it."""

from segmentation.synthetic.published import lines, use
from segmentation.synthetic.published.fact import ONE_FIGURE, Fact, Source

FACTS: tuple[Fact, ...] = (*lines.FACTS, *use.FACTS)

__all__ = ["FACTS", "ONE_FIGURE", "Fact", "Source"]
