"""All rows in one pass, like one row at a time."""

from datetime import date

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession

from segmentation.errors import DataError
from segmentation.models import assignment, fitting
from segmentation.tables.built import HOME_EDGES
from segmentation.tables.checks import conform
from segmentation.tables.clean import HOME_TIES
from tests.models.planted import AS_OF, NAMES, fitted_model, raw_rows, settings

FEATURES = "subscriber_id string, state string, months_seen bigint, " + ", ".join(f"{name} double" for name in NAMES)


def features(spark: SparkSession, *, n_partitions: int = 3) -> DataFrame:
    values, _, keys = raw_rows()
    rows = [
        (key, "active", 12, *(None if np.isnan(value) else float(value) for value in row))
        for key, row in zip(keys, values, strict=True)
    ]
    return spark.createDataFrame(rows, FEATURES).repartition(n_partitions)


def ties(spark: SparkSession, pairs: list[tuple[str, str]]) -> DataFrame:
    empty = dict.fromkeys(HOME_TIES.column_names)
    rows = [
        empty | {"subscriber_a": a, "subscriber_b": b, "tie_kind": "household", "valid_from": date(2020, 1, 1)}
        for a, b in pairs
    ]
    return spark.createDataFrame([tuple(row.values()) for row in rows], HOME_TIES.schema)


@pytest.mark.parametrize("method", ["ward", "mixture", "communities"])
def test_the_cluster_pass_says_what_the_model_says_row_by_row(spark: SparkSession, method: str):
    model, (values, _, keys) = fitted_model(method), raw_rows()
    expected = model.predict(values, np.array(keys))

    rows = {row.subscriber_id: row for row in assignment.assign(features(spark), model).collect()}

    assert [rows[key].cluster for key in keys] == expected.cluster.tolist()
    assert [rows[key].assigned_by for key in keys] == expected.assigned_by.tolist()
    assert [rows[key].is_outlier for key in keys] == expected.is_outlier.tolist()
    assert all((row.probability is None) == (method == "ward") for row in rows.values())


def test_ties_of_the_day_vote_for_homes_that_the_model_does_not_know(spark: SparkSession):
    model = fitted_model("communities")
    _, truth, keys = raw_rows()
    known_of_0 = [key for key, cluster in zip(keys[:200], truth[:200], strict=True) if cluster == 0]
    day = features(spark)

    edges = assignment.home_edges(day, ties(spark, [(known_of_0[0], keys[220]), ("x", "y")]), model, AS_OF)
    by = {row.subscriber_id: row.assigned_by for row in assignment.assign(day, model, home_edges=edges).collect()}

    conform(edges, HOME_EDGES, where="test")
    assert {key for key in keys[200:] if by[key] == "tied homes"} == {keys[220]}


def test_the_same_features_in_other_partitions_give_the_same_model(spark: SparkSession):
    given = settings("payg", {"name": "kmeans", "segments": 3, "n_starts": 1}, limits={"small_base_rows": 0})

    one = fitting.fit(features(spark, n_partitions=1), given, AS_OF)
    many = fitting.fit(features(spark, n_partitions=17), given, AS_OF)
    values, truth, _ = raw_rows()

    assert one.model_version == many.model_version
    assert one.predict(values).cluster.tolist() == many.predict(values).cluster.tolist()
    assert one.report.n_rows == len(truth)
    assert one.baseline.n_clusters == 3
    chosen, digest = one.preparation.raw_names, one.features_digest
    assert fitting.model_version(given, digest, fitted_on=chosen) == one.model_version
    assert fitting.model_version(given, digest, fitted_on=chosen[1:]) != one.model_version
    reseeded = given.model_copy(update={"seed": 4})
    assert fitting.model_version(reseeded, digest, fitted_on=chosen) != one.model_version


def test_too_few_settled_lines_are_an_error(spark: SparkSession):
    new = features(spark).limit(60).selectExpr("subscriber_id", "'new' as state", "months_seen", *NAMES)

    with pytest.raises(DataError, match="too few lines"):
        fitting.only_fittable(new)


def test_corrected_ties_give_a_home_model_another_version(spark: SparkSession):
    _, _, keys = raw_rows()
    method = {"name": "communities", "segments": 3, "n_neighbours": 0, "max_rounds": 2}
    given = settings("home", method, limits={"small_base_rows": 0})
    pairs = list(zip(keys[:100], keys[100:200], strict=True))

    one = fitting.fit(features(spark), given, AS_OF, home_ties=ties(spark, pairs))
    again = fitting.fit(features(spark), given, AS_OF, home_ties=ties(spark, pairs[::-1]).repartition(3))
    corrected = fitting.fit(features(spark), given, AS_OF, home_ties=ties(spark, [*pairs[1:], (keys[0], keys[101])]))

    assert one.model_version == again.model_version
    assert corrected.features_digest == one.features_digest
    assert corrected.model_version != one.model_version
    assert "against a KMeans baseline of 3 segments" in one.report.notes[-1]


def test_whether_ties_count_is_up_to_the_fitted_model():
    assert assignment.has_graph(fitted_model("communities"))
    assert not assignment.has_graph(fitted_model("ward"))
