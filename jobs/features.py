"""The catalogue of features: what each is, in words for people."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table as Grid

from jobs.arguments import Command, OutputOptions
from jobs.tables import nothing
from jobs.terminal import Answer
from segmentation.errors import SettingsError
from segmentation.features import catalogue
from segmentation.features.feature import Feature
from segmentation.settings import Json, VerticalName

Vertical = Annotated[VerticalName | None, typer.Option("--vertical", help="Only features of this vertical.")]
Family = Annotated[str | None, typer.Option("--family", help="Only features of this family.")]
Describe = Annotated[bool, typer.Option("--describe", help="Every feature in full: words, what null means, sources.")]


def run(
    _: None,
    name: Annotated[str | None, typer.Argument(help="One feature in full; without it, all features.")] = None,
    *,
    describe: Describe = False,
    vertical: Vertical = None,
    family: Family = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="The whole catalogue as Markdown.")] = False,
) -> Answer:
    """Print the catalogue of features, of one vertical or family if asked, or one feature."""
    if markdown:
        return Answer((catalogue.describe(),), {"features": [feature.name for feature in catalogue.FEATURES]})
    chosen = _chosen(name, vertical, family)
    shown = tuple(_in_full(one) for one in chosen) if describe or name else (_overview(chosen),)
    return Answer(shown, {"features": [_as_json(one) for one in chosen]})


def _chosen(name: str | None, vertical: VerticalName | None, family: str | None) -> list[Feature]:
    if name is not None:
        return [catalogue.by_name(name)]
    families = sorted({feature.family for feature in catalogue.FEATURES})
    if family is not None and family not in families:
        raise SettingsError("there is no such family of features", found=family, expected=", ".join(families))
    of_vertical = catalogue.FEATURES if vertical is None else catalogue.for_vertical(vertical)
    return [feature for feature in of_vertical if family in (None, feature.family)]


def _overview(features: Sequence[Feature]) -> Grid:
    grid = Grid("feature", "family", "what it is", "fitted on in", "shown in", title=f"{len(features)} features")
    for one in features:
        grid.add_row(one.name, one.family, one.about, _verticals(one, "cluster"), _verticals(one, "profile"))
    return grid


def _in_full(one: Feature) -> Grid:
    grid = Grid(box=None, show_header=False, title=f"\n{one.name}", title_justify="left")
    rows = {
        "is": f"{one.about} [{one.unit}]" if one.unit else one.about,
        "in words": f"{one.words.how}: {one.words.high}; {one.words.low}",
        "null means": one.null_means,
        "family": one.family,
        "fitted on in": _verticals(one, "cluster") or "no vertical",
        "shown in": _verticals(one, "profile") or "no vertical besides",
        "compared by": "orders of magnitude, since it has a long tail" if one.skew == "log" else "differences",
        "made from": ", ".join(one.needs) or "nothing here: it comes ready-made only",
        "personal data": one.sensitivity.value,
    }
    for head, text in rows.items():
        grid.add_row(f"[bold]{head}[/]", text.replace("[", "\\["))
    return grid


def _verticals(one: Feature, role: str) -> str:
    return ", ".join(str(vertical) for vertical, played in one.roles.items() if played == role)


def _as_json(one: Feature) -> dict[str, Json]:
    roles: dict[str, Json] = {str(vertical): role for vertical, role in one.roles.items()}
    return {
        "name": one.name,
        "family": one.family,
        "about": one.about,
        "unit": one.unit,
        "high": one.words.high,
        "low": one.words.low,
        "null_means": one.null_means,
        "roles": roles,
        "needs": list(one.needs),
    }


main = Command(
    run,
    "features",
    OutputOptions,
    nothing,
    (
        "segmentation features --vertical payg",
        "segmentation features --describe --family care",
        "segmentation features recharge_regularity",
    ),
)

if __name__ == "__main__":
    main()
