"""The grammar of a source: what is wrong with a file is said at once, before Spark."""

import copy
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

from segmentation.errors import SettingsError
from segmentation.settings import read_yaml
from segmentation.sources import source

CONF = Path(__file__).parents[2] / "conf"
GOOD = """
name: top_ups
table: recharges
location: top_ups
format: csv
columns:
  recharge_id: {key: ref, kind: record}
  subscriber_id: {key: phone, kind: subscriber}
  day: {date: sold}
  recharge_amount: amount
received_at: {timestamp: delivered}
"""


@pytest.mark.parametrize(
    "path", [*CONF.glob("sources/*.yaml"), *CONF.glob("real/sources/*.yaml")], ids=lambda p: p.stem
)
def test_every_source_of_conf_loads(path):
    assert source.load(path).columns


def test_all_problems_come_in_one_error(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(
        """
name: Top ups
table: recharges
location: x
format: xml
colour: red
columns:
  recharge_id: ref
  subscriber_id: {key: phone, kind: person}
  recharge_amount: amount / 100
  price: cast(p as int)
  channel: phone
  feed_id: f
received_at: {timestamp: delivered}
checks: {not_null: [day]}
references: {subscriber_id: people}
personal: {direct: [holder]}
"""
    )

    with pytest.raises(SettingsError) as refused:
        source.load(path)

    expected = {
        "name: ",
        "format: ",
        "colour: ",
        "columns.recharge_id: a key is stored as a token",
        "columns.subscriber_id.kind: ",
        "columns.recharge_amount.sql: / stops",
        "columns.price: recharges has no such column",
        "columns.price.sql: cast( stops",
        "columns.channel: phone names a person",
        "columns.feed_id: the engine fills it",
        "checks.not_null: day is not mapped",
        "references: there is no clean table 'people'",
    }
    assert {text for text in expected if text not in str(refused.value)} == set()


@pytest.mark.parametrize(
    ("written", "instead", "told"),
    [
        ("table: recharges", "table: charges", "there is no clean table"),
        ("  recharge_id: {key: ref, kind: record}\n", "", "recharge_id: missing"),
        ("  day: {date: sold}\n", "", "day: missing"),
        ("  recharge_amount: amount\n", "", "recharge_amount: missing"),
        ("{key: ref, kind: record}", "{row_key: line}", "duplicates: keep"),
        ("table: recharges", "table: consents", "purpose: missing"),
    ],
)
def test_a_mapping_that_cannot_fill_its_table_is_refused(tmp_path, written, instead, told):
    path = tmp_path / "bad.yaml"
    path.write_text(GOOD.replace(written, instead))

    with pytest.raises(SettingsError, match=told):
        source.load(path)


@pytest.mark.parametrize("form", ["{from: sold_in}", "[sold_in]", "", "{}"])
def test_a_column_in_no_form_is_told_the_forms_there_are(tmp_path, form):
    path = tmp_path / "bad.yaml"
    path.write_text(GOOD.replace("recharge_amount: amount", f"recharge_amount: {form}"))

    with pytest.raises(SettingsError, match=r"columns\.recharge_amount: expected an expression .* number, code, text"):
        source.load(path)


@pytest.mark.parametrize("odd", [None, [], ["a"], {}, {"a": 1}, "no such thing", -1], ids=repr)
def test_whatever_stands_in_any_place_is_read_or_refused(tmp_path, odd):
    path, tree = tmp_path / "odd.yaml", read_yaml(CONF / "sources/home_ties.yaml")

    for place in places(tree):
        path.write_text(yaml.safe_dump(with_odd(tree, place, odd)))
        with suppress(SettingsError):
            source.load(path)


def places(tree, before=()):
    """Every place of a tree, as the keys and numbers that lead to it."""
    inside = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in inside:
        yield (*before, key)
        yield from places(value, (*before, key))


def with_odd(tree, place, odd):
    """The tree with something odd in one place."""
    changed = at = copy.deepcopy(tree)
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = odd
    return changed


def test_codes_become_words_that_rules_know(tmp_path):
    path = tmp_path / "bad.yaml"
    spells = "subscriber_id: {key: phone, kind: subscriber}\n  valid_from: {date: since}"
    path.write_text(f"""
name: spells
table: service_spells
location: spells
format: csv
columns:
  {spells}
  vertical: {{code: service, values: {{P: payg, B: broadband}}}}
received_at: {{timestamp: delivered}}
""")

    with pytest.raises(SettingsError, match=r"vertical\.values: there is no 'broadband'; there are payg, plan, home"):
        source.load(path)


def test_names_and_order_of_the_sources_of_a_conf_file_are_checked(tmp_path):
    early, late = tmp_path / "early.yaml", tmp_path / "late.yaml"
    early.write_text(GOOD + "references: {subscriber_id: subscribers}\n")
    late.write_text(GOOD.replace("table: recharges", "table: subscribers").replace("recharge_id", "account_id"))

    with pytest.raises(SettingsError) as refused:
        source.load_all([early, late])

    assert "top_ups: two sources have this name" in str(refused.value)
    assert "top_ups: refers to subscribers, whose source comes after it" in str(refused.value)


def test_grouping_says_how_every_column_is_taken(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(GOOD + "group: {by: [recharge_id], take: {}}\n")

    with pytest.raises(SettingsError, match="subscriber_id is neither grouped by nor taken"):
        source.load(path)


PERSONAL = """name: lines
table: care_contacts
location: lines
format: json
columns:
  contact_id: {key: ref, kind: record}
  subscriber_id: {key: "lower(line.phone)", kind: subscriber}
  day: {date: spoken_on}
  channel: CHANNEL
  masked_text: {text: note}
received_at: {timestamp: delivered}
personal: {direct: [full_name], text: [note]}
filter: full_name is not null
counts: {long_notes: length(note) > 9}
"""


@pytest.mark.parametrize(
    "form",
    [
        "full_name",
        "(Full_Name)",
        "upper(full_name)",
        "concat(full_name, '')",
        "{code: full_name, values: {a: b}}",
        "{sql: substr(note, 1, 9)}",
        "substr(line.phone, 1, 12)",
        "to_json(line)",
        "substr(ref, 1, 12)",
        "{text: full_name}",
    ],
)
def test_no_form_but_a_key_copies_what_names_a_person(tmp_path, form):
    path = tmp_path / "lines.yaml"
    path.write_text(PERSONAL.replace("CHANNEL", form))

    with pytest.raises(SettingsError, match=r"columns\.channel: .* names a person"):
        source.load(path)


@pytest.mark.parametrize("form", ["line.region", "phone", "case when via = 'a' then 'app' end", "{text: remark}"])
def test_what_names_nobody_is_mapped_beside_it(tmp_path, form):
    path = tmp_path / "lines.yaml"
    path.write_text(PERSONAL.replace("CHANNEL", form))

    assert source.load(path).name == "lines"


def test_the_moment_of_arrival_is_not_made_of_a_name_either(tmp_path):
    path = tmp_path / "lines.yaml"
    path.write_text(PERSONAL.replace("CHANNEL", "via").replace("timestamp: delivered", "timestamp: full_name"))

    with pytest.raises(SettingsError, match="received_at: full_name names a person"):
        source.load(path)


def test_a_file_that_is_not_there_does_not_hide_the_problems_of_the_others(tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text(GOOD.replace("format: csv", "format: xml"))

    with pytest.raises(SettingsError) as refused:
        source.load_all([tmp_path / "nowhere.yaml", bad])

    assert "nowhere.yaml: there is no such settings file" in str(refused.value)
    assert "bad.yaml: format" in str(refused.value)


def test_a_source_comes_after_those_it_refers_to_and_those_that_fill_its_table():
    local = [source.load(CONF / "sources" / f"{name}.yaml") for name in ("subscribers", "products", "recharges")]
    more_recharges = local[2].model_copy(update={"name": "more_recharges"})

    before = source.taken_in_before([*local, more_recharges])

    assert before == [set(), set(), {0}, {0, 2}]


def test_ready_made_features_wait_for_what_tells_which_lines_may_be_segmented():
    first = source.load(CONF / "real/sources/iranian_churn.yaml")
    others = [source.load(CONF / "sources" / f"{name}.yaml") for name in ("consents", "products", "subscribers")]

    assert source.taken_in_before([first, *others])[0] == {1, 3}
