"""Expressions are looked at before Spark starts."""

import pytest

from segmentation.sources import expressions


@pytest.mark.parametrize(
    ("expression", "safe_form"),
    [
        ("CAST(amount as int)", "try_cast"),
        ("cast (amount as int)", "try_cast"),
        ("amount::int", "try_cast"),
        ("amount / 100", "try_divide"),
        ("amount % 7", "try_mod"),
        ("amount div 7", "try_divide"),
        ("to_date(sold, 'dd.MM.yyyy')", "{date: x, format: yyyy-MM-dd}"),
        ("to_timestamp(sold)", "try_to_timestamp"),
        ("date(sold)", "try_cast(x as date)"),
        ("int(amount)", "try_cast(x as int)"),
        ("split(name, ' ')[0]", "get(x, n)"),
        ("element_at(parts, 3)", "try_element_at"),
        ("parse_url(site, 'HOST')", "try_parse_url"),
        ("sum(amount)", "group"),
        ("rand()", "another value every time"),
        ("current_date", "another value every time"),
        ("(select max(x) from t)", "query"),
        ("a; drop table t", "backticks"),
        ("lower(a", "brackets"),
    ],
)
def test_a_form_that_raises_is_refused_with_the_safe_one(expression, safe_form):
    assert safe_form in "; ".join(expressions.problems(expression))


@pytest.mark.parametrize(
    "expression",
    [
        "try_cast(amount as decimal(18, 2))",
        "concat(a, '/', b)",
        """concat('it''s cast(x)', "a::b")""",
        "regexp_replace(id, '[.]0$', '')",
        "case when sold < date '2020-01-01' then 'old' end",
        "`Call / Failure`",
        "amount -- cents / euros\n",
        "try_divide(a, b)",
        "contact.phone",
    ],
)
def test_a_safe_form_passes(expression):
    assert expressions.problems(expression) == []


def test_columns_are_told_from_functions_fields_and_texts():
    used = expressions.columns_used(
        "lower(Name) || 'phone' || contact.mail", ["name", "lower", "phone", "mail", "contact"]
    )

    assert used == ["name", "contact"]


def test_paths_leave_out_what_belongs_to_the_language():
    expression = "case when Line.Phone like 'a%' then try_cast(`Call No`.x as string) else date '2020-01-01' end"

    assert expressions.paths(expression) == ["line.phone", "call no.x"]
