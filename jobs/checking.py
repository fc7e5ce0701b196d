"""Look at all settings and the files they name before Spark starts, and report every problem together."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from jobs import tables
from jobs.arguments import ConfOptions
from segmentation import settings as conf
from segmentation.errors import SegmentationError, SettingsError
from segmentation.features import catalogue
from segmentation.profiles import description
from segmentation.segments import archetypes
from segmentation.settings import RunSettings, VerticalName, VerticalSettings
from segmentation.sources import source
from segmentation.synthetic import careers


def checked(options: ConfOptions, *, needs_secret: bool) -> RunSettings:
    """The settings of a conf file; its sources, archetypes and features can be used.

    Raises: SettingsError listing the problems of all files.
    """
    tree = conf.read_tree(options.conf_file, options.set or (), data=options.data)
    problems = [problem for look in _looks_at_files(tree) if (problem := _problem(look)) is not None]
    try:
        settings = conf.validated(tree, options.conf_file)
    except SettingsError as broken:
        raise _together([broken, *problems], options.conf_file) from None
    looks = _looks_at_settings(settings, options.conf_file, needs_secret=needs_secret)
    problems += [problem for look in looks if (problem := _problem(look)) is not None]
    if problems:
        raise _together(problems, options.conf_file)
    return settings


def _looks_at_files(tree: dict) -> Iterator[Callable[[], object]]:
    """Of the files that the settings name, even where the settings themselves cannot be used."""
    known = {name: [feature.name for feature in catalogue.for_vertical(name)] for name in VerticalName}
    if isinstance(tree.get("archetypes"), str):
        yield partial(archetypes.load, Path(tree["archetypes"]), known)
    if isinstance(tree.get("sources"), list):
        yield partial(source.load_all, [Path(path) for path in tree["sources"] if isinstance(path, str)])


def _looks_at_settings(settings: RunSettings, conf_file: Path, *, needs_secret: bool) -> Iterator[Callable[[], object]]:
    yield partial(_require_something, settings, conf_file)
    for vertical in settings.verticals.values():
        yield partial(catalogue.cluster_features, vertical.vertical, vertical)
        yield partial(_require_known_names, vertical, conf_file)
    if settings.synthetic is not None:
        yield partial(careers.careers, settings.synthetic)
    if needs_secret:
        yield settings.secret.key


def _require_something(settings: RunSettings, conf_file: Path) -> None:
    """Raise SettingsError when there is no vertical to segment, or no feed to read."""
    empty = [name for name in ("verticals", "sources") if not getattr(settings, name)]
    if empty:
        raise SettingsError(
            "the conf file has nothing to work with",
            where=str(conf_file),
            found=f"no {' and no '.join(empty)}",
            expected="at least one vertical and one source",
            remedy="name the files of conf/ and conf/sources/ that this operator has, as conf/local.yaml does",
        )


def _require_known_names(vertical: VerticalSettings, conf_file: Path) -> None:
    """Raise SettingsError when metrics of success or weights of families name what there is not."""
    families = catalogue.families(vertical.vertical)
    found = [f"objective.success: {problem}" for problem in _metric_problems(vertical)]
    strange = [name for name in vertical.preparation.family_weights if name not in families]
    found += [f"preparation.family_weights: no family {name!r}; there are {', '.join(families)}" for name in strange]
    if found:
        raise SettingsError(
            "the settings name what there is not",
            where=f"{conf_file}: verticals.{vertical.vertical}",
            found="\n    ".join(["", *found]),
            remedy="`segmentation tables` lists tables and columns, docs/features.md features and families",
        )


def _metric_problems(vertical: VerticalSettings) -> Iterator[str]:
    """What keeps a metric of success from being measured: it is read off the profiles of the segments."""
    declared = {table.name: table.column_names for chapter in tables.chapters().values() for table in chapter}
    own = catalogue.feature_table(vertical.vertical).name
    features = {feature.name for feature in catalogue.for_vertical(vertical.vertical)}
    for metric in vertical.objective.success:
        if metric.table not in declared:
            yield f"there is no table {metric.table!r}"
        elif metric.column not in declared[metric.table]:
            yield f"{metric.table} has no column {metric.column!r}"
        elif metric.column not in (features if metric.table == own else description.MEASURED.get(metric.table, ())):
            others = ", ".join(f"{table}.{name}" for table, names in description.MEASURED.items() for name in names)
            yield f"{metric.table}.{metric.column} is not measured; measured are the features in {own}, {others}"


def _problem(look: Callable[[], object]) -> SegmentationError | None:
    try:
        look()
    except SegmentationError as broken:
        return broken
    return None


def _together(problems: list[SegmentationError], conf_file: Path) -> SegmentationError:
    if len(problems) == 1:
        return problems[0]
    return SettingsError(
        f"{len(problems)} files or settings cannot be used",
        where=str(conf_file),
        found="\n".join(["", *(indented(problem) for problem in problems)]),
        remedy="mend them all at once",
    )


def indented(problem: SegmentationError) -> str:
    """An error as part of another one that lists several."""
    return "\n".join(f"    {line}" for line in str(problem).splitlines())
