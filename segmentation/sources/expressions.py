"""Spark SQL expressions of a mapping, looked at before Spark starts: forms that raise on one bad value are refused."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_PARTS = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?\*/)
    |(?P<text>[rR]?'(?:[^'\\]|\\.|'')*'|[rR]?"(?:[^"\\]|\\.|"")*")
    |(?P<quoted>`(?:[^`]|``)+`)
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[A-Za-z]{0,2})
    |(?P<word>[A-Za-z_]\w*)
    |(?P<sign>::|<=>|->|=>|<>|!=|<=|>=|==|\|\||[-+*/%()\[\].,<>=!&|^~?:])
    |(?P<unknown>.)""",
    re.VERBOSE | re.DOTALL,
)
_NUMBERS = ("tinyint", "smallint", "int", "integer", "bigint", "float", "double", "decimal")
_TYPES = (*_NUMBERS, "boolean", "date", "timestamp", "binary")
_RAISING_CALLS = {
    **{name: f"try_cast(x as {name})" for name in _TYPES},
    "cast": "try_cast(x as type)",
    "to_date": "a column {date: x, format: yyyy-MM-dd}, or try_to_timestamp(x, format)",
    "to_timestamp": "try_to_timestamp(x, format)",
    "to_timestamp_ntz": "try_to_timestamp(x, format)",
    "to_timestamp_ltz": "try_to_timestamp(x, format)",
    "to_unix_timestamp": "try_to_timestamp(x, format)",
    "unix_timestamp": "try_to_timestamp(x, format)",
    "to_number": "try_to_number(x, format)",
    "to_binary": "try_to_binary(x)",
    "mod": "try_mod(x, y)",
    "pmod": "try_mod(x, y)",
    "element_at": "try_element_at(x, n)",
    "elt": "try_element_at(array(...), n)",
    "parse_url": "try_parse_url(x, part)",
    "url_decode": "try_url_decode(x)",
    "parse_json": "try_parse_json(x)",
    "make_date": "a column {date: concat_ws('-', y, m, d), format: y-M-d}",
    "make_timestamp": "try_make_timestamp(...)",
    "make_interval": "try_make_interval(...)",
    "next_day": "case when dayofweek(x) ... end",
    "conv": "try_cast(x as bigint)",
    "assert_true": "a check of the source",
    "raise_error": "a check of the source",
}
_RAISING_SIGNS = {
    "::": "try_cast(x as type)",
    "/": "try_divide(x, y)",
    "%": "try_mod(x, y)",
    "[": "get(x, n), or try_element_at(x, n)",
}
_AGGREGATES = frozenset({"sum", "avg", "mean", "min", "max", "count", "first", "last", "any_value"})
_MANY_ROWS = _AGGREGATES | {"collect_list", "collect_set", "row_number", "rank", "lag", "lead"}
_CHANCE = frozenset({"rand", "randn", "random", "uuid", "shuffle"})
_CLOCK = frozenset({"now", "curdate", "current_date", "current_timestamp", "localtimestamp"})
_PLACE = frozenset({"monotonically_increasing_id", "spark_partition_id", "input_file_name"})
_CASE = frozenset({"case", "when", "then", "else", "end"})
_TESTS = frozenset({"and", "between", "distinct", "from", "in", "is", "like", "not", "null", "or", "rlike"})
_GRAMMAR = _CASE | _TESTS | {"as", "false", "interval", "true"}
_UNSTEADY = _CHANCE | _CLOCK | _PLACE


@dataclass(frozen=True)
class Part:
    """A piece of an expression: kind is text, quoted, number, word, sign or unknown."""

    kind: str
    content: str

    @property
    def word(self) -> str:
        return self.content.lower() if self.kind == "word" else ""


def parts(expression: str) -> list[Part]:
    """The pieces of an expression in order, without blanks and comments."""
    matches = _PARTS.finditer(expression)
    return [Part(str(match.lastgroup), match.group()) for match in matches if match.lastgroup != "space"]


def problems(expression: str) -> list[str]:
    """Why the expression may not be used, with the form to write instead; empty when it may."""
    pieces = parts(expression)
    if not pieces:
        return ["the expression is empty"]
    found = [problem for place in range(len(pieces)) if (problem := _problem(pieces, place))]
    if sum(piece.content == "(" for piece in pieces) != sum(piece.content == ")" for piece in pieces):
        found.append("brackets do not match")
    return list(dict.fromkeys(found))


def names(expression: str) -> list[str]:
    """Words that may be columns of the feed: neither called as a function nor a field after a dot."""
    pieces = parts(expression)
    found = []
    for place, piece in enumerate(pieces):
        is_field = place > 0 and pieces[place - 1].content == "."
        if piece.kind == "quoted" and not is_field:
            found.append(piece.content[1:-1].replace("``", "`"))
        elif piece.kind == "word" and not is_field and not _is_called(pieces, place):
            found.append(piece.content)
    return list(dict.fromkeys(found))


def paths(expression: str) -> list[str]:
    """Columns an expression may read, in lower case, with the fields it takes of them: `customer.phone`."""
    pieces = parts(expression)
    found = []
    for place in range(len(pieces)):
        is_field = place > 0 and pieces[place - 1].content == "."
        if not is_field and _is_column(pieces, place):
            end = place
            while end + 2 < len(pieces) and pieces[end + 1].content == ".":
                end += 2
            found.append(".".join(_plain(part) for part in pieces[place : end + 1 : 2]))
    return list(dict.fromkeys(found))


def columns_used(expression: str, columns: list[str]) -> list[str]:
    """Those of the feed's columns that the expression names, as the feed spells them."""
    return among(columns, names(expression))


def among(columns: Iterable[str], named: Iterable[str]) -> list[str]:
    """Those of the columns that are named, in any letter case, as Spark reads names."""
    lower = {name.lower() for name in named}
    return [column for column in columns if column.lower() in lower]


def _problem(pieces: list[Part], place: int) -> str | None:
    piece = pieces[place]
    is_type = place > 0 and pieces[place - 1].word == "as"
    if piece.kind == "unknown":
        return f"cannot read {piece.content!r}; a column name with such a sign is written in `backticks`"
    if piece.kind == "sign" and piece.content in _RAISING_SIGNS:
        return f"{piece.content} stops the run at the first bad value; write {_RAISING_SIGNS[piece.content]}"
    if piece.word == "div":
        return "div stops the run at the first bad value; write try_divide(x, y)"
    if piece.word == "select":
        return "a query has no place in a mapping; one expression reads one row of the feed"
    if piece.word in _UNSTEADY and (_is_called(pieces, place) or piece.word.startswith("current_")):
        return f"{piece.word} gives another value every time; a mapping reads the feed alone"
    if not _is_called(pieces, place) or is_type:
        return None
    if piece.word in _MANY_ROWS:
        return f"{piece.word}( is over many rows; an expression reads one row, `group` adds rows up"
    if piece.word in _RAISING_CALLS:
        return f"{piece.word}( stops the run at the first bad value; write {_RAISING_CALLS[piece.word]}"
    return None


def _is_column(pieces: list[Part], place: int) -> bool:
    """Whether a piece can be a column: no call, no word of SQL, no type."""
    piece = pieces[place]
    if piece.kind == "quoted":
        return True
    is_type = place > 0 and pieces[place - 1].word == "as"
    is_literal = place + 1 < len(pieces) and pieces[place + 1].kind == "text"
    return bool(piece.word) and piece.word not in _GRAMMAR and not (_is_called(pieces, place) or is_type or is_literal)


def _plain(part: Part) -> str:
    bare = part.content[1:-1].replace("``", "`") if part.kind == "quoted" else part.content
    return bare.lower()


def _is_called(pieces: list[Part], place: int) -> bool:
    return place + 1 < len(pieces) and pieces[place + 1].content == "("
