"""The charts that show what segments look like: heat map, radar, box plots, parallel coordinates and map."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from segmentation.privacy.suppression import SMALLEST_COUNT_SHOWN
from segmentation.profiles.description import CHURNED_SHARE
from segmentation.report import vocabulary, words
from segmentation.report.charts import Chart, DataTable, Panel, segment_styles
from segmentation.report.data import VerticalData
from segmentation.report.figures import counts, segment_shapes
from segmentation.report.projection import Projection, on_two_axes, ranks
from segmentation.report.vocabulary import FeatureWords
from segmentation.report.words import Money

N_HEAT, N_RADAR, N_BOXES, N_PARALLEL = 24, 7, 6, 8
THIN_LINES = 20
"""Lines of service drawn for each segment in the parallel coordinates."""
_WHISKERS = (0.05, 0.95)
_FEWEST_FOR_WHISKERS = 20
_NO_PROFILES = "No profiles have been built for this month, so there is nothing to draw."
_NO_SAMPLE = "The features of this month are not there (or no model is released), so the lines cannot be drawn."


def what_they_look_like(data: VerticalData, money: Money) -> list[Chart]:
    """Heat map, radar, box plots, parallel coordinates and map, in this order."""
    segments = segment_styles(data)
    today = data.profiles_on(data.as_of)
    is_drawn = today["segment_id"].isin(segments.index) & (today["n_known"] >= SMALLEST_COUNT_SHOWN)
    profiles = today[is_drawn & (today["feature"] != CHURNED_SHARE)]
    return [
        _heat_map(profiles, segments, money),
        _radar(profiles, segments, money),
        _boxes(profiles, segments, data.sample, money),
        _parallel(profiles, segments, data.sample, money),
        _map(data, segments, money),
    ]


def _heat_map(profiles: pd.DataFrame, segments: pd.DataFrame, money: Money) -> Chart:
    chart = Chart(
        "heat",
        "What sets the segments apart",
        "One column a segment, one row a trait. Orange: the segment lies above all other lines; blue: below; pale: "
        "no difference. The number counts spreads (standard deviations): beyond 0.5 people notice it, beyond 1 it "
        "defines the segment.",
        "",
        _NO_PROFILES,
    )
    differences = profiles.pivot(index="feature", columns="segment_id", values="standardised_difference").astype(float)
    if differences.dropna(how="all").empty:
        return chart
    strongest = differences.abs().max(axis=1).sort_values(ascending=False, kind="stable").index[:N_HEAT]
    order = [segment for segment in segments.index if segment in differences.columns]
    drawn = _grouped_by_strongest(differences.loc[strongest, order])
    means = profiles.pivot(index="feature", columns="segment_id", values="mean")
    about = {name: vocabulary.of(name, money) for name in drawn.index}
    rows = [(about[f].said, *[about[f].scale.text(float(means.loc[f, s])) for s in order]) for f in drawn.index]
    names = [segments.loc[segment, "name"] for segment in order]
    in_words = drawn.set_axis([about[feature].said for feature in drawn.index]).set_axis(names, axis=1)
    figure = segment_shapes.heat_map(in_words, list(segments.loc[order, "sign"]))
    return replace(
        chart,
        says=f"Heat map of {len(drawn)} traits by {len(order)} segments. The table below holds the means.",
        panels=(Panel("", figure),),
        table=DataTable(("Mean of", *names), tuple(rows)),
    )


def _radar(profiles: pd.DataFrame, segments: pd.DataFrame, money: Money) -> Chart:
    chart = Chart(
        "radar",
        "The shape of each segment",
        "Each spoke is a trait. Far out: the segment ranks high among all lines; near the centre: low. The dotted ring "
        "is the whole base, so only what leaves the ring is special.",
        "",
        _NO_PROFILES,
    )
    telling = vocabulary.most_telling(profiles, N_RADAR, 3)
    if len(telling) < 3:
        return chart
    mean_ranks = _mean_ranks(profiles, telling, money)
    drawn = mean_ranks[mean_ranks.index.isin(segments.index)].dropna()
    panels = tuple(
        Panel(one["name"], segment_shapes.radar(one["name"], one["colour"], drawn.loc[segment]), segment)
        for segment, one in segments[segments.index.isin(drawn.index)].iterrows()
    )
    return replace(chart, says=f"Radar of mean ranks for {words.listed(list(mean_ranks.columns))}.", panels=panels)


def _boxes(profiles: pd.DataFrame, segments: pd.DataFrame, sample: pd.DataFrame, money: Money) -> Chart:
    chart = Chart(
        "boxes",
        "How far the lines of a segment differ",
        "The box holds the middle half of a segment, the bar in it the line in the middle; the whiskers reach from the "
        "lowest to the highest twentieth of a sample. Dotted: the middle of the base. Segments whose boxes do not "
        "overlap can safely be addressed apart.",
        "",
        _NO_PROFILES,
    )
    fitted = set(sample.columns)
    candidates = profiles[profiles["feature"].isin(fitted)] if len(fitted) > 1 else profiles
    is_measure = ~candidates["feature"].map(lambda name: vocabulary.of(name, money).is_binary).astype(bool)
    telling = vocabulary.most_telling(candidates[is_measure], N_BOXES, 2)
    panels = tuple(_box_panel(profiles[profiles["feature"] == name], segments, sample, name, money) for name in telling)
    said = words.listed([panel.title for panel in panels])
    return replace(chart, says=f"Box plots of {said}.", panels=panels)


def _box_panel(rows: pd.DataFrame, segments: pd.DataFrame, sample: pd.DataFrame, name: str, money: Money) -> Panel:
    about = vocabulary.of(name, money)
    quartiles = rows.set_index("segment_id")[["lower_quartile", "median", "upper_quartile"]].astype(float)
    mine = quartiles.reindex(segments.index).dropna()
    ends = _whiskers(sample, name).reindex(mine.index)
    spread = mine.assign(
        name=segments["name"],
        colour=segments["colour"],
        lower_end=ends["lower_end"].fillna(mine["lower_quartile"]).clip(upper=mine["lower_quartile"]),
        upper_end=ends["upper_end"].fillna(mine["upper_quartile"]).clip(lower=mine["upper_quartile"]),
    )
    numbers = ["lower_quartile", "median", "upper_quartile", "lower_end", "upper_end"]
    shown = spread.assign(**{column: spread[column] / about.scale.per for column in numbers})
    base = rows["base_median"].dropna()
    base_median = float(base.iloc[0]) / about.scale.per if not base.empty else None
    return Panel(about.said, segment_shapes.boxes(shown, base_median, about.scale.unit))


def _whiskers(sample: pd.DataFrame, name: str) -> pd.DataFrame:
    """segment_id (index), lower_end, upper_end; only of segments with enough lines in the sample."""
    if name not in sample.columns or sample.empty:
        return pd.DataFrame(columns=["lower_end", "upper_end"], dtype=float)
    grouped = sample.dropna(subset=[name]).groupby("segment_id", sort=True)[name]
    ends = pd.DataFrame({"lower_end": grouped.quantile(_WHISKERS[0]), "upper_end": grouped.quantile(_WHISKERS[1])})
    return ends[grouped.size() >= _FEWEST_FOR_WHISKERS]


def _parallel(profiles: pd.DataFrame, segments: pd.DataFrame, sample: pd.DataFrame, money: Money) -> Chart:
    chart = Chart(
        "parallel",
        "From trait to trait",
        "Every upright axis is a trait, from the lowest to the highest line of the base. A thick line is a segment, "
        "the thin ones are some of its lines. Where thick lines run apart the trait separates; where thin ones scatter "
        "people differ.",
        "",
        _NO_PROFILES,
    )
    fitted = set(sample.columns)
    candidates = profiles[profiles["feature"].isin(fitted)] if len(fitted) > 1 else profiles
    telling = vocabulary.most_telling(candidates, N_PARALLEL, 3)
    if len(telling) < 2:
        return chart
    mean_ranks = _mean_ranks(profiles, telling, money).dropna()
    thin = pd.DataFrame(columns=["segment_id", *mean_ranks.columns])
    if len(fitted) > 1 and not sample.empty:
        in_words = ranks(sample[telling].astype(float)).set_axis(mean_ranks.columns, axis=1)
        thin = in_words.assign(segment_id=sample["segment_id"]).groupby("segment_id", sort=True).head(THIN_LINES)
    figure = segment_shapes.parallel_lines(segments, mean_ranks, thin)
    says = f"Parallel coordinates over {words.listed(list(mean_ranks.columns))}."
    return replace(chart, says=says, panels=(Panel("", figure),))


def _map(data: VerticalData, segments: pd.DataFrame, money: Money) -> Chart:
    chart = Chart(
        "map",
        "The base seen from above",
        "Every dot is one line of a sample; dots that lie near each other behave alike. The two directions are those "
        "in which the lines differ most (principal components). Islands are clear segments, mixed colours are border "
        "country.",
        "",
        _NO_SAMPLE,
    )
    about = {name: vocabulary.of(name, money) for name in data.sample.columns if name != "segment_id"}
    logged = frozenset(name for name, feature in about.items() if feature.is_logged)
    projection = on_two_axes(data.sample[list(about)], logged) if about else None
    if projection is None:
        return chart
    points = pd.DataFrame(projection.points, columns=["x", "y"]).assign(segment_id=data.sample["segment_id"])
    axes = [_axis(projection, axis, about) for axis in (0, 1)]
    says = f"Map of {len(points):,} sampled lines on two principal components. Across: {axes[0]}. Up: {axes[1]}."
    return replace(chart, says=says, panels=(Panel("", counts.map_of_lines(points, segments, axes)),))


def _axis(projection: Projection, axis: int, about: Mapping[str, FeatureWords]) -> str:
    said = words.listed([about[name].said for name in projection.leading(axis)])
    return f"{words.share(projection.explained[axis])} of all differences, above all {said}"


def _mean_ranks(profiles: pd.DataFrame, telling: Sequence[str], money: Money) -> pd.DataFrame:
    """segment_id (index) x people's words, in the order of `telling`."""
    table = profiles.pivot(index="segment_id", columns="feature", values="mean_rank").astype(float)[list(telling)]
    return table.set_axis([vocabulary.of(name, money).said for name in telling], axis=1)


def _grouped_by_strongest(differences: pd.DataFrame) -> pd.DataFrame:
    """Rows ordered so that the traits each segment is known for stand together, in the order of the columns."""
    filled = differences.fillna(0)
    order = pd.DataFrame({"owner": filled.to_numpy().argmax(axis=1), "height": filled.max(axis=1)}, index=filled.index)
    ordered = order.sort_values(["owner", "height"], ascending=[True, False], kind="stable")
    return differences.loc[ordered.index]
