"""Built tables: population, segments, profiles, movement, runs. The feature tables are declared by their catalogue."""

from segmentation.tables.clean import SUBSCRIBER, UNTIL_ERASED, count, day, key, money
from segmentation.tables.contract import Column, Table, TimeKind

VERTICAL = Column("vertical", "string", "payg, plan or home")
AS_OF = day("as_of", "Last day that was read")
SEGMENT = Column("segment_id", "string", "Segment, for ever the same; never used again")
MODEL = Column("model_version", "string", "Hash of vertical, settings, code, features, ties and seed")
RUN = Column("run_id", "string", "Run that wrote the row")
COMPUTED = Column("computed_at", "timestamp", "When the row was computed")
# A table is partitioned by what one write replaces: Delta then drops whole files and has none to search.
_BY_DAY = ("as_of",)
_BY_VERTICAL_AND_DAY = ("vertical", "as_of")
_THREE_YEARS = "36 months; older months only as counts"
_AS_FEATURES = "13 months"
_WITH_THE_BASE = "as long as there is a base: it holds no line"
_WITH_THE_OPERATOR = "as long as the generated operator"

POPULATION = Table(
    "population",
    ("vertical", "subscriber_id", "as_of"),
    (
        VERTICAL,
        SUBSCRIBER,
        AS_OF,
        Column("state", "string", "new, active, dormant, lost or returned"),
        count("months_seen", "Months since the spell began, 1 in the first month"),
        count("tenure_months", "Whole months since the line was first active, in any vertical"),
        Column("product_id", "string", "Product on that day"),
        day("contract_end", "Last day of the contract; null without one"),
        money("monthly_value", "Net revenue without tax of the period, less service cost where given"),
        day("last_active_on", "Last paid event or use; null when never"),
    ),
    "Every line that is or was in a vertical, and its state",
    TimeKind.SNAPSHOT,
    "as_of",
    _BY_VERTICAL_AND_DAY,
    retention=_THREE_YEARS,
)
OUTCOMES = Table(
    "outcomes",
    ("vertical", "subscriber_id", "as_of", "horizon_months"),
    (
        VERTICAL,
        SUBSCRIBER,
        AS_OF,
        Column("horizon_months", "int", "How far ahead", "months"),
        Column("is_churned", "boolean", "Whether the line churned within the horizon"),
        money("future_value", "Value of the months of the horizon: net revenue, less service cost where given"),
        Column("moved_to", "string", "Vertical it moved to; null when it stayed"),
        day("known_on", "First day on which the outcome was known"),
    ),
    "What became of a line; exists only once the horizon (PAYG: and 90 silent days) has passed",
    TimeKind.SNAPSHOT,
    "as_of",
    ("as_of", "horizon_months"),
    retention=_THREE_YEARS,
)
HOME_EDGES = Table(
    "home_edges",
    ("subscriber_a", "subscriber_b", "as_of"),
    (
        key("subscriber_a", "One home; the smaller key of the two"),
        key("subscriber_b", "Other home"),
        AS_OF,
        Column("weight", "double", "Strength of all ties together", "0.."),
        Column("tie_kinds", "array<string>", "Kinds of tie between the two, sorted"),
    ),
    "The home graph: one row for every tied pair",
    TimeKind.SNAPSHOT,
    "as_of",
    _BY_DAY,
    retention=_AS_FEATURES,
)
SEGMENT_MODELS = Table(
    "segment_models",
    ("vertical", "model_version"),
    (
        VERTICAL,
        MODEL,
        Column("method", "string", "kmeans, ward, mixture or communities"),
        Column("fitted_as_of", "date", "Day of the features it was fitted on"),
        Column("settings_json", "string", "Settings of the fit"),
        Column("features", "array<string>", "Features fitted on"),
        Column("dropped_features", "map<string,string>", "Features left out, with the reason"),
        count("n_rows", "Lines fitted on"),
        count("n_segments", "Segments found"),
        Column("indices", "map<string,double>", "Validity of the result, by index"),
        Column("baseline_indices", "map<string,double>", "The same for the KMeans baseline with as many clusters"),
        Column("choice", "string", "How the number of segments was chosen, as JSON: candidates with their index"),
        Column("folder", "string", "Where the model lies"),
        Column("mlflow_run_id", "string", "MLflow run of the fit"),
        Column("is_released", "boolean", "Whether this model scores"),
        RUN,
        COMPUTED,
    ),
    "Models fitted, and the one that scores",
    retention=_THREE_YEARS,
    volatile=frozenset({"run_id", "computed_at", "mlflow_run_id"}),
)
SEGMENTS = Table(
    "segments",
    ("vertical", "segment_id"),
    (
        VERTICAL,
        SEGMENT,
        Column("segment_name", "string", "Name people use"),
        Column("colour", "string", "Fixed colour", "hex"),
        Column("archetype", "string", "Archetype it was matched to; null when none is near"),
        Column("archetype_distance", "double", "Distance of the profile from the archetype, in ranks", "0..1"),
        Column("looks_like", "string", "What sets it apart, in words"),
        Column("recommended_action", "string", "What to do"),
        Column("model_version", "string", "Model it was born with"),
        Column("cluster", "int", "Number of the cluster in that model"),
        day("born", "Day it was born"),
        day("retired", "Day it ended; null while it lives"),
    ),
    "Segments that last: id, name and colour",
    partitioned_by=("vertical",),
    retention=_WITH_THE_BASE,
)
SEGMENT_TEXTS = ("segment_name", "colour", "archetype", "recommended_action")
"""What the view segments_now says of a segment besides its id."""
_SCORE = (
    Column("cluster", "int", "Cluster of the model"),
    SEGMENT,
    Column("probability", "double", "Probability of the segment; null where the method has none", "0..1"),
    Column("margin", "double", "How clear the choice is: 0 on the border, 1 beyond doubt", "0..1"),
    Column("runner_up_segment_id", "string", "Next nearest segment"),
    Column("is_outlier", "boolean", "Whether the line is far from every segment"),
    Column("assigned_by", "string", "centroid, probability, community, tied homes or profile"),
)
SEGMENT_SCORES = Table(
    "segment_scores",
    ("vertical", "model_version", "subscriber_id", "as_of"),
    (VERTICAL, MODEL, SUBSCRIBER, AS_OF, *_SCORE, RUN, COMPUTED),
    "Every scoring by every model",
    TimeKind.SNAPSHOT,
    "as_of",
    (*_BY_VERTICAL_AND_DAY, "model_version"),
    retention=_AS_FEATURES,
)
SEGMENT_ASSIGNMENTS = Table(
    "segment_assignments",
    ("vertical", "subscriber_id", "as_of", "correction"),
    (
        VERTICAL,
        SUBSCRIBER,
        AS_OF,
        Column("correction", "int", "0 first, then counting up; readers take the highest"),
        SEGMENT,
        Column("raw_segment_id", "string", "Segment before stickiness"),
        Column("probability", "double", "Probability of the segment; null where the method has none", "0..1"),
        Column("margin", "double", "How clear the choice is: 0 on the border, 1 beyond doubt", "0..1"),
        Column("runner_up_segment_id", "string", "Next nearest segment"),
        Column("is_outlier", "boolean", "Whether the line is far from every segment"),
        Column("assigned_by", "string", "centroid, probability, community, tied homes or profile"),
        Column("state", "string", "State in the population"),
        money("monthly_value", "Net revenue without tax of the period, less service cost where given"),
        day("feature_date", "Day of the features used"),
        Column("missing_families", "array<string>", "Families of features that were not there"),
        count("staleness_periods", "Periods by which the oldest family lags"),
        Column("quality", "double", "Quality of the record", "0..1"),
        Column("n_imputed", "int", "Features of the model that were not known and took the median", "count"),
        MODEL,
        Column("features_version", "string", "Hash of the features' catalogue and inputs"),
        RUN,
        COMPUTED,
    ),
    "The published segment of every line",
    TimeKind.SNAPSHOT,
    "as_of",
    (*_BY_VERTICAL_AND_DAY, "correction"),
    retention=_THREE_YEARS,
)
SEGMENTS_NOW = Table(
    "segments_now",
    ("vertical", "subscriber_id"),
    (
        *SEGMENT_ASSIGNMENTS.columns,
        *(column for column in SEGMENTS.columns if column.name in SEGMENT_TEXTS),
    ),
    "A view: of every vertical the last day, in its highest correction, with the names of segments",
    retention="nothing is stored",
)
SEGMENT_HISTORY = Table(
    "segment_history",
    ("vertical", "subscriber_id", "valid_from", "recorded_at"),
    (
        VERTICAL,
        SUBSCRIBER,
        day("valid_from", "First day in the segment"),
        day("valid_to", "Last day in the segment; null while it lasts"),
        SEGMENT,
        Column("reason", "string", "Why the row began"),
        Column("recorded_at", "timestamp", "When we first said so"),
        Column("superseded_at", "timestamp", "When we said otherwise; null while it stands"),
    ),
    "Who was in which segment when, and what we said then",
    retention=_THREE_YEARS,
)
SEGMENT_PROFILES = Table(
    "segment_profiles",
    ("vertical", "segment_id", "as_of", "feature"),
    (
        VERTICAL,
        SEGMENT,
        AS_OF,
        Column("feature", "string", "Feature, or one of: churned_share, monthly_value, tenure_months"),
        Column("family", "string", "Family of the feature"),
        count("n_subscribers", "Lines in the segment"),
        Column("share", "double", "Share of the vertical", "0..1"),
        count("n_known", "Lines with a value"),
        Column("mean", "double", "Mean"),
        Column("median", "double", "Median"),
        Column("lower_quartile", "double", "First quartile"),
        Column("upper_quartile", "double", "Third quartile"),
        Column("base_mean", "double", "Mean of the vertical"),
        Column("base_median", "double", "Median of the vertical"),
        Column("mean_rank", "double", "Mean rank within the base, 0 lowest to 1 highest", "0..1"),
        Column("standardised_difference", "double", "Mean less the others' mean, over the pooled spread"),
        RUN,
        COMPUTED,
    ),
    "What a segment looks like",
    TimeKind.SNAPSHOT,
    "as_of",
    _BY_VERTICAL_AND_DAY,
    retention=_THREE_YEARS,
)
SEGMENT_LINEAGE = Table(
    "segment_lineage",
    ("vertical", "model_version", "segment_id", "event"),
    (
        VERTICAL,
        MODEL,
        SEGMENT,
        Column("event", "string", "continued, split, merged, born or retired"),
        Column("from_segments", "array<string>", "Segments it came from"),
        Column("evidence", "string", "Overlap with them, as JSON"),
    ),
    "How segments follow one another when a model is fitted again",
    retention=_WITH_THE_BASE,
)
SEGMENT_MOVES = Table(
    "segment_moves",
    ("subscriber_id", "as_of", "from_segment", "to_segment"),
    (
        SUBSCRIBER,
        AS_OF,
        Column("from_segment", "string", "Segment or state before"),
        Column("to_segment", "string", "Segment or state now"),
        Column("cause", "string", "behaviour, model, definition or data"),
        Column("evidence", "string", "What shows the cause, as JSON"),
    ),
    "Who moved, and why",
    TimeKind.SNAPSHOT,
    "as_of",
    _BY_DAY,
    retention=_THREE_YEARS,
)
SEGMENT_TRANSITIONS = Table(
    "segment_transitions",
    ("as_of", "from_segment", "to_segment", "cause"),
    (
        AS_OF,
        Column("from_segment", "string", "Segment or state before"),
        Column("to_segment", "string", "Segment or state now"),
        Column("cause", "string", "behaviour, model, definition or data"),
        count("n_subscribers", "Lines"),
    ),
    "Counts of moves",
    TimeKind.SNAPSHOT,
    "as_of",
    _BY_DAY,
    retention=_WITH_THE_BASE,
)
SUBSCRIBER_TAGS = Table(
    "subscriber_tags",
    ("subscriber_id", "tag", "as_of"),
    (SUBSCRIBER, Column("tag", "string", "Tag"), AS_OF, Column("evidence", "string", "Why, in words")),
    "Rules that hold for a line, such as student or business user",
    TimeKind.SNAPSHOT,
    "as_of",
    _BY_DAY,
    retention=_AS_FEATURES,
)
SEGMENT_ACTIONS = Table(
    "segment_actions",
    ("subscriber_id", "as_of", "action"),
    (
        SUBSCRIBER,
        AS_OF,
        Column("action", "string", "Action of the playbook"),
        Column("reason", "string", "Why, in words"),
        Column("priority", "int", "1 first"),
        money("value_at_stake", "Expected monthly value of the move"),
    ),
    "What to do for whom this period",
    TimeKind.SNAPSHOT,
    "as_of",
    _BY_DAY,
    retention=_THREE_YEARS,
)
HOUSEHOLD_EVENTS = Table(
    "household_events",
    ("household_id", "as_of", "event"),
    (
        key("household_id", "Dwelling"),
        AS_OF,
        Column("event", "string", "birth, merge, split or end"),
        Column("evidence", "string", "From and to, as JSON"),
    ),
    "How households change",
    TimeKind.SNAPSHOT,
    "as_of",
    _BY_DAY,
    retention=_THREE_YEARS,
)
FACT_CHECKS = Table(
    "fact_checks",
    ("as_of", "fact"),
    (
        AS_OF,
        Column("fact", "string", "What is expected of the base"),
        VERTICAL,
        Column("measure", "string", "How it is measured"),
        Column("expected", "string", "Limit"),
        Column("seen", "string", "What was seen"),
        Column("verdict", "string", "holds, fails or not measured"),
        RUN,
        COMPUTED,
    ),
    "Facts about the base, expected and seen",
    TimeKind.SNAPSHOT,
    "as_of",
    _BY_VERTICAL_AND_DAY,
    retention=_WITH_THE_BASE,
)
ALERTS = Table(
    "alerts",
    ("alert_id",),
    (
        Column("alert_id", "string", "Alert"),
        AS_OF,
        Column("severity", "string", "info, warning or error"),
        Column("message", "string", "What happened, without personal data"),
        RUN,
    ),
    "What somebody should look at",
    retention=_THREE_YEARS,
)
RUNS = Table(
    "runs",
    ("run_id", "step", "vertical", "as_of"),
    (
        RUN,
        Column("step", "string", "Step of the pipeline"),
        Column("vertical", "string", "payg, plan, home or all"),
        AS_OF,
        Column("code_version", "string", "Version of the package, and the first digits of the hash of its sources"),
        Column("settings_hash", "string", "Hash of the settings that decide a day: no places, secret or months"),
        Column("fingerprint", "string", "Hash of inputs, settings and code; null for steps that are always done"),
        Column("tables_read", "map<string,bigint>", "Delta version of every table read"),
        Column("tables_written", "map<string,bigint>", "Delta version of every table written, when the step ended"),
        Column("counts", "map<string,bigint>", "Rows read, duplicate, quarantined, accepted and the like"),
        Column("notes", "array<string>", "What a reader should know: rungs of the ladder taken, warnings"),
        Column("started_at", "timestamp", "Begin"),
        Column("ended_at", "timestamp", "End"),
    ),
    "What was run, on what, by which code",
    retention=_THREE_YEARS,
)


def partials(name: str, about: str, columns: tuple[Column, ...]) -> Table:
    """A table of period partials: sums of one family over one period, from which windows are added up."""
    ends = (
        day("period", "Last day of the period"),
        Column(
            "input_version",
            "string",
            "Hash of the deliveries it was built from and of the version of its meaning",
        ),
    )
    grain = ("subscriber_id", "period")
    return Table(
        name,
        grain,
        (SUBSCRIBER, *ends, *columns),
        about,
        TimeKind.EVENT,
        "period",
        ("period",),
        # Read by period, which the partitions tell.
        has_statistics=False,
        retention=UNTIL_ERASED,
    )


TRUTH_SEGMENTS = Table(
    "truth_segments",
    ("vertical", "subscriber_id", "as_of"),
    (
        VERTICAL,
        SUBSCRIBER,
        AS_OF,
        Column("segment_name", "string", "Segment planted by the generator"),
        Column("is_moving", "boolean", "Whether a planted move is under way"),
    ),
    "The generator's truth; no job may read it, only `segmentation score`",
    TimeKind.SNAPSHOT,
    "as_of",
    _BY_DAY,
    retention=_WITH_THE_OPERATOR,
)
TRUTH_MOVES = Table(
    "truth_moves",
    ("subscriber_id", "as_of"),
    (
        SUBSCRIBER,
        AS_OF,
        Column("from_segment", "string", "Segment or state before"),
        Column("to_segment", "string", "Segment or state after"),
        Column("move_kind", "string", "segment, migration, churn or return"),
        Column("cause", "string", "Why a line left: price, service, competitor or need; null for other moves"),
    ),
    "Planted moves; no job may read it",
    TimeKind.SNAPSHOT,
    "as_of",
    _BY_DAY,
    retention=_WITH_THE_OPERATOR,
)
TRUTH_PERSONS = Table(
    "truth_persons",
    ("customer_id",),
    (
        key("customer_id", "Customer as the feeds know them"),
        key("person_id", "The person: the same for two customer numbers of one"),
    ),
    "Who is behind the customer numbers; no job may read it",
    TimeKind.ALWAYS,
    retention=_WITH_THE_OPERATOR,
)

TABLES = (
    POPULATION,
    OUTCOMES,
    HOME_EDGES,
    SEGMENT_MODELS,
    SEGMENTS,
    SEGMENT_SCORES,
    SEGMENT_ASSIGNMENTS,
    SEGMENT_HISTORY,
    SEGMENT_PROFILES,
    SEGMENT_LINEAGE,
    SEGMENT_MOVES,
    SEGMENT_TRANSITIONS,
    SUBSCRIBER_TAGS,
    SEGMENT_ACTIONS,
    HOUSEHOLD_EVENTS,
    FACT_CHECKS,
    ALERTS,
    RUNS,
)
VIEWS = (SEGMENTS_NOW,)
TRUTH_TABLES = (TRUTH_SEGMENTS, TRUTH_MOVES, TRUTH_PERSONS)
