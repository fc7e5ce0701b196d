"""Which code this is: what was made is told apart by the code that made it."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from tempfile import TemporaryDirectory

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


@contextmanager
def in_folder() -> Iterator[Path]:
    """The folder of this package; unpacked for as long as the block lasts where Spark was handed a zip."""
    package = files("segmentation")
    if isinstance(package, Path):
        yield package
        return
    with TemporaryDirectory(prefix="segmentation-code-") as scratch:
        for name, source in _sources(package, "segmentation/"):
            target = Path(scratch) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source)
        yield Path(scratch) / "segmentation"


def _sources(folder: Traversable, within: str) -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.is_dir():
            yield from _sources(entry, f"{within}{entry.name}/")
        elif entry.name.endswith(".py"):
            yield f"{within}{entry.name}", entry.read_bytes()
