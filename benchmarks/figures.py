"""The figures of a run as one table for people and one object for programs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from rich.table import Table as Grid

from benchmarks.clean_months import N_MONTHS, TABLES, CleanMonths
from benchmarks.measuring import COLD, NEW_MONTH, PEER, Measured, Times
from segmentation.settings import Json

MAX_RATIO, MAX_NEW_MONTH, MAX_BYTES, MAX_EXPONENT = 2.5, 0.25, 8e9, 1.05
MAX_GENERATOR_SECONDS_A_LINE_MONTH = 15 * 60 / (1_000_000 * 6)


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    name: str
    value: float
    unit: str
    warm_up: float | None = None
    bar: float | None = None
    """Most that the value may be."""

    @property
    def is_held(self) -> bool | None:
        return None if self.bar is None else self.value <= self.bar


def of_base(base: CleanMonths, n_lines: int) -> list[Figure]:
    """How large the base is, and how long making it took when it was made."""
    made = base.made
    rows = [Figure(f"rows of {name}", made.n_rows(name), "rows") for name in TABLES]
    bar = MAX_GENERATOR_SECONDS_A_LINE_MONTH * n_lines * N_MONTHS
    return [
        *rows,
        Figure("generator", made.generator_seconds, "s", bar=bar),
        Figure("from feeds to clean tables", made.tables_seconds, "s"),
    ]


def of_times(found: Measured) -> list[Figure]:
    """Times of ours and of the peer, and how they compare."""
    partials, features, together = found.partials, found.features, found.together
    return [
        _seconds("ours, six months cold: partials", partials[COLD]),
        _seconds("ours, six months cold: features of the day", features[COLD]),
        _seconds("ours, six months cold: together", together[COLD]),
        _seconds("DuckDB: partials", partials[PEER]),
        _seconds("DuckDB: features of the day", features[PEER]),
        _seconds("DuckDB: together", together[PEER]),
        _ratio("ours / DuckDB: partials", partials[COLD], partials[PEER]),
        _ratio("ours / DuckDB: features of the day", features[COLD], features[PEER]),
        _ratio("ours / DuckDB: together", together[COLD], together[PEER], MAX_RATIO),
        _seconds("ours, a new month: partials", partials[NEW_MONTH]),
        _seconds("ours, a new month: features of the day", features[NEW_MONTH]),
        _seconds("ours, a new month: together", together[NEW_MONTH]),
        _ratio("new month / six months cold: partials", partials[NEW_MONTH], partials[COLD]),
        _ratio("new month / six months cold: together", together[NEW_MONTH], together[COLD], MAX_NEW_MONTH),
        Figure("values found equal in ours and DuckDB", found.n_equal_values, "values"),
    ]


def of_memory(ours: int, peer: int) -> list[Figure]:
    """Peaks of the run."""
    return [
        Figure("peak memory of the JVM and Python workers", ours / 1e9, "GB", bar=MAX_BYTES / 1e9),
        Figure("peak memory of the process with DuckDB", peer / 1e9, "GB"),
    ]


def of_growth(slope: float, by_lines: Mapping[int, float]) -> list[Figure]:
    """Times by size, and the exponent they fit."""
    rows = [Figure(f"ours, six months cold, {n:,} lines", seconds, "s") for n, seconds in sorted(by_lines.items())]
    return [*rows, Figure("exponent of time over lines", slope, "", bar=MAX_EXPONENT)]


def as_grid(title: str, figures: Sequence[Figure]) -> Grid:
    """The table for people."""
    grid = Grid("measure", title=title, title_justify="left")
    for name in ("warm-up", "median", "bar"):
        grid.add_column(name, justify="right")
    grid.add_column("unit")
    grid.add_column("held")
    for one in figures:
        held = {None: "", True: "yes", False: "no"}[one.is_held]
        grid.add_row(one.name, _shown(one.warm_up), _shown(one.value), _most(one.bar), one.unit, held)
    return grid


def as_json(figures: Sequence[Figure]) -> Json:
    """The same for programs."""
    return [{**asdict(one), "is_held": one.is_held} for one in figures]


def _seconds(name: str, times: Times) -> Figure:
    return Figure(name, times.median, "s", times.warm_up)


def _ratio(name: str, one: Times, other: Times, bar: float | None = None) -> Figure:
    return Figure(name, one.median / other.median, "times", one.warm_up / other.warm_up, bar)


def _most(bar: float | None) -> str:
    return "" if bar is None else f"<= {_shown(bar)}"


def _shown(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 1000 or value == int(value) else f"{value:,.2f}"
