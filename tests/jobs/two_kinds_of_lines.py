"""A base of two kinds of prepaid lines that anybody can tell apart, for tests of jobs that read a segmented one."""

from datetime import UTC, date, datetime
from pathlib import Path

from pyspark.sql import SparkSession

from segmentation import runs
from segmentation.features import catalogue
from segmentation.privacy.tokens import token_of
from segmentation.runs import Run
from segmentation.settings import KMeansMethod, VerticalName, load
from segmentation.tables import built

ROOT = Path(__file__).parent.parent.parent
OCTOBER = date(2026, 10, 31)
N_OF_A_KIND = 30
OFTEN = {
    "recharges_per_month": 9.0,
    "recharge_amount_mean": 500.0,
    "recharge_recency_days": 3.0,
    "data_night_share": 0.1,
}
RARELY = {
    "recharges_per_month": 1.0,
    "recharge_amount_mean": 5000.0,
    "recharge_recency_days": 20.0,
    "data_night_share": 0.5,
}


def opened(spark: SparkSession, folder: Path) -> Run:
    """A run over an empty warehouse in the folder: PAYG only, KMeans with two segments."""
    places = [f"{name}={folder / name}" for name in ("warehouse", "vault", "landing", "report", "logs")]
    settings = load(ROOT / "conf/local.yaml", [*places, "mlflow.is_on=false"])
    simple = settings.verticals[VerticalName.PAYG].model_copy(
        update={"method": KMeansMethod(name="kmeans", segments=2)}
    )
    only_payg = settings.model_copy(update={"verticals": {VerticalName.PAYG: simple}})
    return runs.new_run(spark, only_payg, as_of_days=(OCTOBER,))


def number(kind: str, n: int) -> str:
    """The number of a line as the operator writes it."""
    return f"99903{'1' if kind == 'often' else '2'}{n:06d}"


def write_features(at: Run) -> None:
    """PAYG features of N_OF_A_KIND lines of each kind, all a little different, and their population."""
    table = catalogue.feature_table(VerticalName.PAYG)
    secret = at.settings.secret.key()
    rows = [
        {
            "subscriber_id": token_of(secret, "subscriber", number(kind, n)),
            "as_of": OCTOBER,
            "state": "active",
            "months_seen": 12,
            "missing_families": [],
            "staleness_periods": 0,
            "features_version": "f",
            "run_id": "r",
            "computed_at": datetime(2026, 11, 1, tzinfo=UTC),
            **{
                name: level * (1 + 0.2 * ((n * place) % 7) / 7) for place, (name, level) in enumerate(levels.items(), 2)
            },
        }
        for kind, levels in (("often", OFTEN), ("rarely", RARELY))
        for n in range(N_OF_A_KIND)
    ]
    at.tables_at.replace(at.tables_at.rows(table, rows), table, as_of=OCTOBER)
    known = [
        {
            "vertical": "payg",
            "subscriber_id": row["subscriber_id"],
            "as_of": OCTOBER,
            "state": "active",
            "monthly_value": 900,
        }
        for row in rows
    ]
    at.tables_at.replace(at.tables_at.rows(built.POPULATION, known), built.POPULATION, as_of=OCTOBER)
