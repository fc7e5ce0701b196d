"""What the business knows its segments by: conf/archetypes.yaml, read and checked."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationError

from segmentation.errors import SettingsError
from segmentation.settings import Settings, VerticalName, read_yaml

LEVELS = {
    "lowest": 0.1,
    "low": 0.3,
    "middle": 0.5,
    "high": 0.7,
    "highest": 0.9,
    "falling": 0.2,
    "flat": 0.5,
    "rising": 0.8,
}
"""Rank within the base (0 lowest, 1 highest) that a word of conf/archetypes.yaml stands for."""


def _level(written: object) -> object:
    if isinstance(written, str):
        if written not in LEVELS:
            raise ValueError(f"{written!r} is none of {', '.join(LEVELS)}, nor a number from 0 to 1")
        return LEVELS[written]
    return written


Rank = Annotated[float, BeforeValidator(_level), Field(ge=0, le=1)]


class Archetype(Settings):
    """One segment the business knows, by where its typical line ranks within the base."""

    name: str = Field(min_length=1)
    colour: str = Field(pattern=r"^#[0-9A-F]{6}$")
    about: str
    looks_like: Annotated[dict[str, Rank], Field(min_length=3)]
    action: str


class Archetypes(Settings):
    """The archetypes of each vertical, in the order of the file."""

    payg: tuple[Archetype, ...] = ()
    plan: tuple[Archetype, ...] = ()
    home: tuple[Archetype, ...] = ()

    def of(self, vertical: VerticalName | str) -> tuple[Archetype, ...]:
        return {"payg": self.payg, "plan": self.plan, "home": self.home}[str(vertical)]


def load(path: Path, known_features: Mapping[VerticalName, Collection[str]]) -> Archetypes:
    """The archetypes of a file. `known_features` names the features of each vertical.

    Raises: SettingsError listing every unknown key or feature, repeated name and repeated colour together.
    """
    try:
        found = Archetypes.model_validate(read_yaml(path))
    except ValidationError as broken:
        lines = [f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}" for problem in broken.errors()]
        raise _refused(path, lines) from None
    problems = [line for name in VerticalName for line in _problems(found, name, known_features.get(name, ()))]
    if problems:
        raise _refused(path, problems)
    return found


def _problems(found: Archetypes, vertical: VerticalName, known_features: Collection[str]) -> list[str]:
    archetypes = found.of(vertical)
    names = [archetype.name for archetype in archetypes]
    colours = [archetype.colour for archetype in archetypes]
    return [
        *[f"{vertical}: the name {name!r} is given twice" for name in sorted({n for n in names if names.count(n) > 1})],
        *[f"{vertical}: the colour {c} is given twice" for c in sorted({c for c in colours if colours.count(c) > 1})],
        *[
            f"{vertical}.{archetype.name}: there is no feature {feature!r} in this vertical"
            for archetype in archetypes
            for feature in archetype.looks_like
            if feature not in known_features
        ],
    ]


def _refused(path: Path, lines: list[str]) -> SettingsError:
    return SettingsError(
        f"{len(lines)} problems in the archetypes",
        where=str(path),
        found="\n    ".join(["", *lines]),
        expected="for each vertical a list of name, colour, about, looks_like (feature: rank), action",
        remedy="mend the file; `segmentation tables payg_features` lists the features of a vertical",
    )
