"""Look at all settings and the files they name before Spark starts, and report every problem together."""

from collections.abc import Callable
from functools import partial

from jobs.arguments import ConfOptions
from segmentation.errors import SegmentationError, SettingsError
from segmentation.features import catalogue
from segmentation.segments import archetypes
from segmentation.settings import RunSettings, VerticalName, load
from segmentation.sources import source


def checked(options: ConfOptions, *, needs_secret: bool) -> RunSettings:
    """The settings of a conf file; its sources, archetypes and features can be used.

    Raises: SettingsError listing the problems of all files.
    """
    settings = load(options.conf_file, options.set or (), data=options.data)
    known = {name: [feature.name for feature in catalogue.for_vertical(name)] for name in VerticalName}
    looks: list[Callable[[], object]] = [partial(archetypes.load, settings.archetypes, known)]
    looks.append(partial(source.load_all, settings.sources))
    looks += [partial(catalogue.cluster_features, v.vertical, v) for v in settings.verticals.values()]
    if needs_secret:
        looks.append(settings.secret.key)
    problems = [problem for look in looks if (problem := _problem(look)) is not None]
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise SettingsError(
            f"{len(problems)} files or settings cannot be used",
            where=str(options.conf_file),
            found="\n".join(["", *(_indented(problem) for problem in problems)]),
            remedy="mend them all at once",
        )
    return settings


def _problem(look: Callable[[], object]) -> SegmentationError | None:
    try:
        look()
    except SegmentationError as broken:
        return broken
    return None


def _indented(problem: SegmentationError) -> str:
    return "\n".join(f"    {line}" for line in str(problem).splitlines())
