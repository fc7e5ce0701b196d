"""Try a mapping on made-up rows of the feed's shape before the feed is read: missing columns, and casts nobody wrote.

`amount > 0` over a text column casts the text without saying so, and one bad cell would end the run after an hour.
"""

from collections.abc import Mapping

from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from segmentation.errors import SourceError
from segmentation.sources import expressions, mapping, reading, telling
from segmentation.sources.changes import Reconciled
from segmentation.sources.delivery import Delivery
from segmentation.sources.source import Source, sql_of

_HUGE = "9" * 39
"""More digits than any decimal holds."""
_MADE_UP = (None, "x", "-", "0", "-1.5", "2020-13-45", "9223372036854775807", "1e999", "{", _HUGE)


def require_usable(spark: SparkSession, feed: Reconciled, source: Source, delivery: Delivery) -> None:
    """Raise SourceError listing every column the feed lacks and every expression that stops at a bad value."""
    raw = feed.rows
    columns = reading.raw_columns(raw)
    if not columns:
        raise SourceError(
            "the feed is empty; nothing was written",
            where=f"source {source.name}",
            found=f"{delivery.n_files} files without a column",
            expected="at least one row",
            remedy="look whether the delivery is complete",
        )
    made_up = _made_up_rows(spark, raw.select(*(f"`{name}`" for name in columns)).schema)
    every = expressions_of(source)
    # One look at all of them; one by one only where that fails, to tell which.
    tried = [] if _are_usable(made_up, every) else [_problem(made_up, where, sql) for where, sql in every.items()]
    tried.append(_problem_of_having(spark, source))
    named = sorted({*source.personal.direct, *source.personal.text})
    absent = [f"personal: the feed has no column {name}" for name in named if not expressions.among(columns, [name])]
    problems = [*(problem for problem in tried if problem is not None), *absent]
    if problems:
        raise SourceError(
            f"{len(problems)} problems between the mapping and the feed; nothing was written",
            where=f"source {source.name}",
            found="\n    ".join(["", *problems]),
            expected=f"the feed has the columns {', '.join(columns)}",
            remedy=f"mend the source's YAML, or ask for a complete delivery{_since_then(feed)}",
        )


def _since_then(feed: Reconciled) -> str:
    """Which columns have gone since the delivery before, and what they may be called now."""
    lost = [f"{one.column} is gone ({one.detail})" for one in feed.changed if one.kind in ("gone", "renamed")]
    return f"; since the delivery before {', '.join(lost)}" if lost else ""


def expressions_of(source: Source) -> dict[str, str]:
    """Every expression over the feed's columns, by its place in the YAML."""
    columns = {
        **{f"columns.{name}": column for name, column in source.columns.items()},
        "received_at": source.received_at,
    }
    found = {where: sql for where, column in columns.items() if (sql := sql_of(column)) is not None}
    if source.filter is not None:
        found["filter"] = source.filter
    return {**found, **{f"counts.{name}": sql for name, sql in source.counts.items()}}


def _are_usable(made_up: DataFrame, sqls: Mapping[str, str]) -> bool:
    """Whether all expressions can be used on rows of such a shape."""
    try:
        made_up.select(*(F.expr(sql).alias(where) for where, sql in sqls.items())).collect()
    except PySparkException:
        return False
    return True


def _problem(made_up: DataFrame, where: str, sql: str, of_what: str = "the feed") -> str | None:
    """Why an expression cannot be used on rows of such a shape; null when it can."""
    try:
        made_up.select(F.expr(sql)).collect()
    except AnalysisException as cause:
        return _unusable(where, cause, of_what)
    except PySparkException as cause:
        condition = telling.condition_of(cause)
        return f"{where}: stops at a bad value ({condition}); {_safe_form(condition)}"
    return None


def _problem_of_having(spark: SparkSession, source: Source) -> str | None:
    """The same of `group.having`, which reads clean columns after grouping."""
    if source.group is None or source.group.having is None or source.is_ready_made:
        return None
    types = mapping.column_types(source.clean_table())
    cells = [F.col("text").try_cast(types[name]).alias(name) for name in (*source.columns, "received_at")]
    return _problem(_texts(spark).select(*cells), "group.having", source.group.having, "the grouped row")


def _safe_form(condition: str) -> str:
    if condition.startswith(("ARITHMETIC", "NUMERIC")):
        return "write try_add, try_subtract or try_multiply"
    return "text is compared or counted as a number; write try_cast(x as type) around it"


def _unusable(where: str, cause: AnalysisException, of_what: str) -> str:
    condition = cause.getCondition() or ""
    told = cause.getMessageParameters() or {}
    if condition.startswith("UNRESOLVED_COLUMN"):
        return f"{where}: {of_what} has no column {told.get('objectName', '')}"
    about = told.get("routineName") or told.get("error") or told.get("sqlExpr") or ""
    return f"{where}: {condition or 'cannot be read'} {about}".rstrip()


def _made_up_rows(spark: SparkSession, schema: T.StructType) -> DataFrame:
    """One row for each made-up text, in all text columns; other columns are null. Evaluated without a Spark job."""
    cells = [
        F.col("text").alias(field.name)
        if isinstance(field.dataType, T.StringType)
        else F.lit(None).cast(field.dataType).alias(field.name)
        for field in schema.fields
    ]
    return _texts(spark).select(*cells)


def _texts(spark: SparkSession) -> DataFrame:
    """The made-up texts in one column."""
    rows = ", ".join("(cast(null as string))" if text is None else f"('{text}')" for text in _MADE_UP)
    return spark.sql(f"select * from values {rows} as made_up(text)")
