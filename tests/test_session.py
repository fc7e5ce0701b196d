"""Spark properties as spark-submit reads them, and what a session lacks."""

import pytest

from jobs.doctor import as_gb
from segmentation import session
from segmentation.errors import PlatformError

PROPERTIES = r"""
# a comment
! another = one
spark.master                local[2]
spark.a = with blanks around
spark.b: after a colon
spark.c=a=b:c d
  spark.d\tindented
spark.e   first, \
          second
spark.f
spark.g   C\:\\temp \u00e9
spark.options  -Dx=y -Dz:1
"""


def test_properties_are_read_as_spark_submit_reads_them(tmp_path):
    path = tmp_path / "own.conf"
    path.write_text(PROPERTIES.replace("\\tindented", "\tindented"))

    assert session.read_properties(path) == {
        "spark.master": "local[2]",
        "spark.a": "with blanks around",
        "spark.b": "after a colon",
        "spark.c": "a=b:c d",
        "spark.d": "indented",
        "spark.e": "first, second",
        "spark.f": "",
        "spark.g": "C:\\temp é",
        "spark.options": "-Dx=y -Dz:1",
    }


def test_a_properties_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(PlatformError, match="no such Spark properties file"):
        session.read_properties(tmp_path / "nowhere.conf")


@pytest.mark.parametrize(
    ("extensions", "catalog", "lacking"),
    [
        (session.DELTA_EXTENSION, session.DELTA_CATALOG, []),
        (f"org.other.Extension, {session.DELTA_EXTENSION}", session.DELTA_CATALOG, []),
        (session.DELTA_EXTENSION, "", ["spark.sql.catalog.spark_catalog"]),
        (f"{session.DELTA_EXTENSION}Plus", "org.other.Catalog", list(session.DELTA_SETTINGS)),
    ],
)
def test_settings_name_delta_by_extension_and_catalog(extensions, catalog, lacking):
    found = dict(zip(session.DELTA_SETTINGS, (extensions, catalog), strict=True))

    assert session.settings_without_delta(found) == lacking


def test_a_session_is_asked_for_the_classes_too(spark):
    session.require_delta(spark)

    assert session._has_class(spark, session.DELTA_CATALOG)
    assert not session._has_class(spark, "org.nowhere.Catalog")


@pytest.mark.parametrize(("memory", "gb"), [("6g", 6), ("1536m", 1.5), ("2GB", 2), ("1.5g", None), ("much", None)])
def test_a_size_of_memory_is_a_whole_number_with_a_unit(memory, gb):
    assert as_gb(memory) == gb
