from datetime import date
from pathlib import Path

import pytest
import yaml

from jobs import opening
from jobs.arguments import ConfOptions, RunOptions
from jobs.checking import checked
from segmentation.errors import SettingsError
from segmentation.settings import RunSettings, SecretSettings, VerticalName, load, read_tree, validated

ROOT = Path(__file__).parent.parent
LOCAL = ROOT / "conf/local.yaml"


def write(folder: Path, name: str, **keys: object) -> Path:
    path = folder / name
    path.write_text(yaml.safe_dump(keys))
    return path


def test_all_problems_of_all_files_come_in_one_error():
    with pytest.raises(SettingsError) as refused:
        load(
            LOCAL, ["warehose=x", "periods.first=2026-13", "verticals.payg.limits.max_share=2", "verticals.home.sead=1"]
        )

    for named in ("warehose", "periods.first", "verticals.payg.limits.max_share", "verticals.home.sead"):
        assert named in refused.value.found
    assert refused.value.what == "4 problems in the settings"


def test_set_puts_one_key_on_top_and_leaves_its_neighbours():
    plain, changed = load(LOCAL), load(LOCAL, ["verticals.payg.seed=7", "synthetic.n_lines=300"])

    assert changed.verticals[VerticalName.PAYG].seed == 7
    assert changed.verticals[VerticalName.PAYG].method == plain.verticals[VerticalName.PAYG].method
    assert changed.synthetic.n_lines == 300
    assert changed.hash() != plain.hash()


@pytest.mark.parametrize("text", ["no equals sign", "=3", "operator.name=x"])
def test_a_set_that_cannot_be_read_says_so(text):
    with pytest.raises(SettingsError, match="--set"):
        load(LOCAL, [text])


def test_the_last_of_two_sets_of_one_key_counts():
    assert load(LOCAL, ["synthetic.seed=1", "synthetic.seed=2"]).synthetic.seed == 2


def test_a_conf_file_extends_another_and_its_own_keys_win(tmp_path):
    own = write(tmp_path, "own.yaml", extends=str(LOCAL), warehouse="elsewhere", synthetic={"n_lines": 500})

    settings = load(own)

    assert (settings.warehouse, settings.synthetic.n_lines) == ("elsewhere", 500)
    assert settings.synthetic.seed == load(LOCAL).synthetic.seed
    assert settings.spark.samefile(ROOT / "conf/spark/local.conf")


def test_a_conf_file_that_extends_itself_says_so(tmp_path):
    write(tmp_path, "a.yaml", extends="b.yaml")
    circle = write(tmp_path, "b.yaml", extends="a.yaml")

    with pytest.raises(SettingsError, match="extends"):
        load(circle)


@pytest.mark.parametrize("odd", [[None], [["a"]], {"a": 1}, 7], ids=repr)
@pytest.mark.parametrize("key", ["sources", "spark", "archetypes", "extends", "verticals", "periods"])
def test_a_key_of_another_shape_is_refused_and_named(tmp_path, key, odd):
    own = write(tmp_path, "own.yaml", **{"extends": str(LOCAL), key: odd})

    with pytest.raises(SettingsError) as refused:
        load(own)

    assert key in str(refused.value)


def test_a_conf_file_in_another_encoding_says_so(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_bytes("operator: Café\n".encode("latin-1"))

    with pytest.raises(SettingsError, match="UTF-8"):
        load(path)


def test_a_data_folder_is_asked_for_only_where_it_is_used(tmp_path):
    own = write(tmp_path, "own.yaml", extends=str(LOCAL), landing="{data}/online_retail")

    with pytest.raises(SettingsError, match="--data"):
        load(own)

    assert load(own, data=Path("/sets")).landing == Path("/sets/online_retail")


def test_the_last_period_may_end_early():
    settings = load(LOCAL, ["periods.last=2026-11", "periods.partial_last_day=2026-11-09"])

    assert settings.periods.as_of_days[-2:] == [date(2026, 10, 31), date(2026, 11, 9)]


def test_a_partial_day_outside_the_last_month_is_refused():
    with pytest.raises(SettingsError, match="partial_last_day"):
        load(LOCAL, ["periods.last=2026-11", "periods.partial_last_day=2026-10-09"])


def test_places_the_secret_and_later_months_do_not_change_the_hash_but_the_seed_does():
    plain = load(LOCAL)

    assert load(LOCAL, ["warehouse=elsewhere/x", "secret.demo_key=another-key-in-plain-sight"]).hash() == plain.hash()
    assert load(LOCAL, ["periods.last=2026-11"]).hash() == plain.hash()
    assert load(LOCAL, ["verticals.plan.seed=1"]).hash() != plain.hash()


def test_the_secret_comes_from_one_place_and_is_never_shown(tmp_path, monkeypatch):
    with pytest.raises(SettingsError) as refused:
        load(LOCAL, ["secret.environment=SEGMENTATION_SECRET"])
    assert "demo-only" not in str(refused.value)

    monkeypatch.setenv("SEGMENTATION_SECRET", "short")
    with pytest.raises(SettingsError, match="SEGMENTATION_SECRET") as too_short:
        SecretSettings(environment="SEGMENTATION_SECRET").key()
    assert "short\n" not in str(too_short.value).replace("shorter", "")
    (tmp_path / "key").write_text("0123456789abcdef\n")
    assert SecretSettings(file=tmp_path / "key").key() == b"0123456789abcdef"


def test_a_schema_of_a_catalog_needs_a_folder_for_models():
    with pytest.raises(SettingsError, match="models"):
        load(LOCAL, ["warehouse=main.segmentation"])

    there = load(LOCAL, ["warehouse=main.segmentation", "models=/volumes/models"])
    assert (there.is_in_catalog, there.lock_folder) == (True, Path("/volumes"))


def test_settings_do_not_change_once_loaded():
    with pytest.raises(ValueError, match="frozen"):
        load(LOCAL).operator = "other"


def test_every_key_says_what_it_means():
    from jobs.settings import keys

    silent = [path for path, field in keys(RunSettings) if not field.description]

    assert silent == []


@pytest.mark.parametrize(
    ("override", "named"),
    [
        ("timezone=Mars/Olympus", "timezone: there is no such time zone"),
        ("verticals.payg.method.segments=1", "segments: write auto, or a whole number from 2 up"),
        ("verticals.payg.method.segments=true", "from 2 up"),
        ("verticals.payg.method.segments=-3", "from 2 up"),
        ("verticals.payg.limits={min_share: 0.7, max_share: 0.6}", "min_share 0.7 is over max_share 0.6"),
        ("verticals.payg.preparation.family_weights.usage=-1", "family_weights.usage"),
        ("verticals.home.method.tie_weights.payer=-1", "tie_weights.payer"),
        ("verticals.payg.vertical=plan", "verticals.payg: these are the settings of plan"),
        ("vault=warehouse/local/", "vault: it needs a place of its own"),
        ("vault=warehouse/local/secrets", "vault: it needs a place of its own"),
        ("vault=warehouse", "vault: it needs a place of its own"),
        ("secret.demo_key=too-short", "shorter than 16 bytes"),
        ("secret.demo_key=", "give exactly one"),
        ("operator=[a", "cannot read --set"),
    ],
)
def test_what_does_not_fit_together_is_refused(override, named):
    with pytest.raises(SettingsError) as refused:
        load(LOCAL, [override])

    assert named in str(refused.value)


def test_a_whole_number_of_segments_may_be_asked_for():
    method = load(LOCAL, ["verticals.payg.method.segments=2"]).verticals[VerticalName.PAYG].method

    assert method.segments == 2


def test_a_key_in_plain_sight_is_refused_where_the_data_is_neither_generated_nor_public(tmp_path):
    inherited = write(tmp_path, "own.yaml", extends=str(LOCAL), synthetic=None)

    with pytest.raises(SettingsError, match="for generated or public data"):
        load(inherited)

    assert load(inherited, ["secret.is_public_data=true"]).synthetic is None


def test_a_missing_secret_says_what_to_write(tmp_path):
    emptied = write(tmp_path, "own.yaml", extends=str(LOCAL), secret=None)
    without = {key: value for key, value in read_tree(LOCAL).items() if key != "secret"}

    for tree in (read_tree(emptied), without):
        with pytest.raises(SettingsError, match="environment: SEGMENTATION_SECRET"):
            validated(tree, emptied)


def problems_of(*overrides: str) -> str:
    with pytest.raises(SettingsError) as refused:
        checked(ConfOptions(conf_file=LOCAL, set=list(overrides)), needs_secret=False)
    return str(refused.value)


@pytest.mark.parametrize(
    ("override", "named"),
    [
        ("sources=[]", "no sources"),
        ("verticals={}", "nothing to work with"),
        ("verticals.payg.preparation.family_weights.magic=1", "no family 'magic'"),
        ("synthetic.unknown_segments=[Martians]", "not known: Martians"),
        ("synthetic.segment_shares={payg: {Nobody: 0.5}}", "not known: Nobody"),
        ("verticals.payg.objective.success=[{table: outcome, column: x, direction: up}, "
         "{table: outcomes, column: y, direction: up}]", "there is no table 'outcome'"),
    ],
)  # fmt: skip
def test_names_in_the_settings_are_looked_up_before_spark_starts(override, named):
    assert named in problems_of(override)


def test_a_metric_of_success_names_a_column_that_there_is():
    metrics = "[{table: outcomes, column: y, direction: up}, {table: outcomes, column: is_churned, direction: down}]"

    assert "outcomes has no column 'y'" in problems_of(f"verticals.payg.objective.success={metrics}")


@pytest.mark.parametrize(
    "metric",
    [
        "{table: segment_assignments, column: n_imputed, direction: down}",
        "{table: plan_features, column: bill_amount_per_month, direction: up}",
    ],
)
def test_a_metric_of_success_is_one_that_is_measured(metric):
    told = problems_of(
        f"verticals.payg.objective.success=[{metric}, {{table: outcomes, column: is_churned, direction: down}}]"
    )

    assert "is not measured; measured are the features in payg_features, outcomes.is_churned" in told


def test_problems_of_settings_sources_and_archetypes_come_together():
    told = problems_of("timezone=Mars", "sources=[nowhere.yaml]", "archetypes=gone.yaml")

    assert [name for name in ("timezone", "nowhere.yaml", "gone.yaml") if name not in told] == []


@pytest.mark.parametrize(("month", "day"), [("2025-10", None), (None, "2025-10-31")])
def test_a_day_before_the_feeds_begin_is_refused(month, day):
    with pytest.raises(SettingsError, match="before the feeds begin") as refused:
        opening._days(RunOptions(conf_file=LOCAL, month=month, as_of=day), load(LOCAL))

    assert "2025-11" in refused.value.expected


def test_a_month_after_the_last_of_the_conf_file_is_a_new_period():
    assert opening._days(RunOptions(conf_file=LOCAL, month="2026-11"), load(LOCAL)) == (date(2026, 11, 30),)
