"""Which code this is: what was made is told apart by the code that made it."""

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from segmentation import __version__

DIGITS = 12


@cache
def digest() -> str:
    """Hash of the sources of this package, from a folder or from a zip that Spark was handed."""
    found = hashlib.sha256()
    for name, source in _sources(files("segmentation"), ""):
        found.update(name.encode())
        found.update(source)
    return found.hexdigest()


def version() -> str:
    """Version of the package, and the first digits of the hash of its sources."""
    return f"{__version__}+{digest()[:DIGITS]}"


def _sources(folder: Traversable, within: str) -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.is_dir():
            yield from _sources(entry, f"{within}{entry.name}/")
        elif entry.name.endswith(".py"):
            yield f"{within}{entry.name}", entry.read_bytes()
