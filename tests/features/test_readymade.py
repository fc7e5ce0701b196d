"""Features that come ready-made: none of a later day, none of people who object."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from segmentation import settings
from segmentation.errors import DataError, SourceError
from segmentation.features import catalogue, readymade
from segmentation.periods import period_ends
from segmentation.privacy.tokens import token_of
from segmentation.settings import VerticalName
from segmentation.sources import source as sources
from segmentation.tables import Store, built, care, clean

pytestmark = [pytest.mark.delta, pytest.mark.slow]
ROOT = Path(__file__).parents[2]
HEAD = "line,kind,reaches_to,sms,bracket,streaming,left,came"
SOURCE = """
name: our_features
table: ready_made_features
location: features
format: csv
columns:
  subscriber_id: {key: line, kind: subscriber}
  vertical: {code: kind, values: {prepaid: payg, contract: plan}}
  state: "'active'"
  sms_per_month: sms
  salary_bracket: bracket
  streaming_minutes_per_month: streaming
  is_churned: {code: left, values: {y: true, n: false}}
  as_of: {date: reaches_to}
received_at: {timestamp: came, format: yyyy-MM-dd}
"""


class Operator:
    """One feed of ready-made features under `landing`, the tables under `warehouse`."""

    def __init__(self, spark, folder: Path):
        self.folder = folder
        places = [f"{name}={folder / name}" for name in ("warehouse", "vault", "landing")]
        conf = settings.load(ROOT / "conf/local.yaml", [*places, "timezone=UTC"])
        mobile = {name: conf.verticals[name] for name in (VerticalName.PAYG, VerticalName.PLAN)}
        self.settings = conf.model_copy(update={"verticals": mobile})
        self.tables = Store(spark, self.settings.warehouse)
        self.as_of = self.settings.periods.as_of_days[-1]

    def deliver(self, *rows: str) -> None:
        (self.folder / "landing/features").mkdir(parents=True, exist_ok=True)
        (self.folder / "landing/features/1.csv").write_text("\n".join([HEAD, *rows, ""]))

    def take_in(self, text: str = SOURCE):
        (self.folder / "one.yaml").write_text(text)
        one = sources.load(self.folder / "one.yaml")
        return readymade.take_in(self.tables.spark, self.tables, one, self.settings, "run")

    def token(self, kind: str, name: str) -> str:
        return token_of(self.settings.secret.key(), kind, name)

    def features(self, vertical: str = "payg") -> dict:
        """Rows of the vertical, by line as the operator writes it."""
        names = {self.token("subscriber", name): name for name in ("ann", "bob", "cid", "dan")}
        rows = self.tables.read(catalogue.feature_table(vertical), self.as_of).collect()
        return {names[row["subscriber_id"]]: row for row in rows}

    def people(self, *names: str) -> None:
        rows = [
            {
                "subscriber_id": self.token("subscriber", name),
                "customer_id": self.token("customer", name),
                "valid_from": date(2024, 1, 1),
            }
            for name in names
        ]
        self.tables.replace(self.tables.rows(clean.SUBSCRIBERS, rows), clean.SUBSCRIBERS)

    def consents(self, *answers: tuple[str, str, date, bool]) -> None:
        rows = [
            {
                "customer_id": self.token("customer", name),
                "purpose": purpose,
                "valid_from": day,
                "is_granted": is_granted,
                "received_at": datetime(2026, 1, 1, tzinfo=UTC),
            }
            for name, purpose, day, is_granted in answers
        ]
        self.tables.replace(self.tables.rows(clean.CONSENTS, rows), clean.CONSENTS)


@pytest.fixture
def operator(spark, tmp_path) -> Operator:
    return Operator(spark, tmp_path)


def row_of(name: str, kind: str = "prepaid", *, until: date, sms: str = "5") -> str:
    return f"{name},{kind},{until},{sms},3,60,n,2026-12-24"


def test_a_row_that_looks_beyond_the_day_is_refused_and_what_arrives_later_is_not(operator):
    month_before = period_ends(operator.as_of, 2)[0]
    tomorrow = date.fromordinal(operator.as_of.toordinal() + 1)
    operator.deliver(
        row_of("ann", until=operator.as_of),
        row_of("bob", until=month_before),
        row_of("cid", until=tomorrow),
        "dan,prepaid,,5,3,60,n,2026-12-24",
    )

    counts = operator.take_in()

    assert (counts.accepted, counts.quarantined, counts.written) == (2, 2, 2)
    assert {name: row["staleness_periods"] for name, row in operator.features().items()} == {"ann": 0, "bob": 1}
    reasons = {reason for row in operator.tables.read(care.QUARANTINE).collect() for reason in row["reasons"]}
    assert reasons == {f"between(as_of): at most {operator.as_of}", "not_null(as_of): a value"}


def test_a_feed_all_of_which_looks_beyond_the_day_is_an_error_and_writes_nothing(operator):
    operator.deliver(row_of("ann", until=date(2027, 1, 31)))

    with pytest.raises(SourceError, match=f"every row .* is refused(.|\n)*none of them later than {operator.as_of}"):
        operator.take_in()

    assert not operator.tables.exists(built.POPULATION)
    assert not operator.tables.exists(care.FEEDS)


def test_a_feed_that_does_not_say_what_it_looks_at_is_told(operator):
    operator.deliver(row_of("ann", until=operator.as_of))

    counts = operator.take_in("\n".join(line for line in SOURCE.splitlines() if "as_of:" not in line))

    assert f"it is taken to be {operator.as_of}" in counts.notes[-1]
    assert operator.features()["ann"]["staleness_periods"] == 0


def test_a_date_is_no_feature(operator):
    operator.deliver(row_of("ann", until=operator.as_of), row_of("bob", until=operator.as_of, sms="2026-12-01"))

    counts = operator.take_in()

    assert set(operator.features()) == {"ann"}
    assert counts.quarantined == 1


def test_people_who_object_are_in_no_table_and_partner_data_needs_a_grant(operator):
    operator.deliver(
        row_of("ann", until=operator.as_of),
        row_of("bob", until=operator.as_of),
        row_of("cid", "contract", until=operator.as_of),
        row_of("dan", "contract", until=operator.as_of),
    )
    long_ago, later = date(2024, 2, 1), date.fromordinal(operator.as_of.toordinal() + 1)
    operator.people("ann", "bob", "cid", "dan")
    operator.consents(
        ("ann", "analytics", long_ago, False),
        ("ann", "partner_data", long_ago, True),
        ("bob", "partner_data", long_ago, True),
        ("bob", "analytics", later, False),
        ("cid", "partner_data", long_ago, False),
    )

    counts = operator.take_in()

    assert (counts.accepted, counts.written) == (4, 3)
    assert counts.notes[-1] == "our_features: lines whose people object to analytics are left out"
    found = {**operator.features(), **operator.features("plan")}
    assert {name: row["salary_bracket"] for name, row in found.items()} == {"bob": 3.0, "cid": None, "dan": None}
    streamed = {name: row["streaming_minutes_per_month"] for name, row in found.items()}
    assert streamed == {"bob": 60.0, "cid": None, "dan": None}
    assert {row["sms_per_month"] for row in found.values()} == {5.0}
    objecting = operator.token("subscriber", "ann")
    for table in (built.POPULATION, built.OUTCOMES, care.RECORD_QUALITY):
        keys = {row["subscriber_id"] for row in operator.tables.read(table).collect()}
        assert len(keys) == 3
        assert objecting not in keys


def test_who_objects_after_the_delivery_was_taken_in_goes_with_the_next_run(operator):
    operator.deliver(
        row_of("ann", until=operator.as_of),
        row_of("bob", until=operator.as_of),
        row_of("cid", "contract", until=operator.as_of),
    )
    operator.people("ann", "bob", "cid")
    operator.consents(("bob", "analytics", date(2024, 2, 1), True))
    operator.take_in()
    before = {row["features_version"] for row in operator.features().values()}
    again = operator.take_in()

    operator.consents(("bob", "analytics", date(2024, 2, 1), False))
    counts = operator.take_in()

    assert (again.is_new, counts.is_new, counts.written) == (False, True, 2)
    assert set(operator.features()) == {"ann"}
    assert before.isdisjoint({row["features_version"] for row in operator.features().values()})


def test_consents_that_cannot_be_laid_to_a_line_stop_the_intake(operator):
    operator.deliver(row_of("ann", until=operator.as_of))
    operator.consents(("ann", "analytics", date(2024, 2, 1), False))

    with pytest.raises(DataError, match="nothing tells which lines are theirs"):
        operator.take_in()

    assert not operator.tables.exists(built.POPULATION)
