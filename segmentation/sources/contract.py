"""A mapping against the clean table it fills: told from the YAML alone, so that all problems come together."""

from segmentation.settings import Json
from segmentation.sources import expressions
from segmentation.tables import Column, PersonalData, Table, TimeKind, clean

READY_MADE = "ready_made_features"
"""The table of a source that brings features instead of events; see features/readymade.py."""
TELL_WHO_AGREED = (clean.CONSENTS.name, clean.SUBSCRIBERS.name)
"""Tables that are read where ready-made features are taken in."""
CLEAN_TABLES: dict[str, Table] = {table.name: table for table in clean.TABLES}
ENGINE_COLUMNS = ("received_at", "feed_id")
_SQL_KINDS = ("sql", "date", "timestamp", "number", "code", "text")


def problems(tree: dict) -> list[str]:
    """What keeps the mapping from filling its table; empty when nothing does."""
    columns = tree.get("columns")
    if not isinstance(columns, dict):
        return []
    found = [*_copies_of_personal(tree, columns), *_by_line(tree, columns)]
    name = tree.get("table")
    if name == READY_MADE:
        return [*found, *_feed_of_ready_made(tree)]
    if name not in CLEAN_TABLES:
        return [f"table: there is no clean table {name!r}; there are {', '.join(sorted(CLEAN_TABLES))}", *found]
    table = CLEAN_TABLES[name]
    return [*found, *_columns(table, columns), *_named_elsewhere(tree), *_group(tree), *_feed(tree, table)]


def _columns(table: Table, columns: dict) -> list[str]:
    declared = {column.name: column for column in table.columns}
    open_to_all = ", ".join(name for name in declared if name not in ENGINE_COLUMNS)
    unknown = [name for name in columns if name not in declared]
    missing = [name for name in table.required if name not in columns]
    found = [f"columns.{name}: the engine fills it; leave it out" for name in columns if name in ENGINE_COLUMNS]
    found += [f"columns.{name}: {table.name} has no such column; it has {open_to_all}" for name in unknown]
    found += [f"columns.{name}: missing; rows of {table.name} say nothing without it" for name in missing]
    for name, form in columns.items():
        personal = declared[name].personal if name in declared else PersonalData.NONE
        keys = set(form) if isinstance(form, dict) else set()
        if personal is PersonalData.KEY and not keys & {"key", "row_key"}:
            found.append(f"columns.{name}: a key is stored as a token; write {{key: ..., kind: subscriber}}")
        if personal is not PersonalData.KEY and keys & {"key", "row_key"}:
            found.append(f"columns.{name}: is no key in {table.name}; write the expression alone")
        if personal is PersonalData.TEXT and "text" not in keys:
            found.append(f"columns.{name}: free text is stored masked; write {{text: ...}}")
        found += _unknown_words(declared[name], form) if name in declared else []
    return found


def _unknown_words(column: Column, form: Json) -> list[str]:
    """Words that codes are turned into and no rule knows."""
    values = form.get("values") if isinstance(form, dict) else None
    if not column.values or not isinstance(values, dict):
        return []
    strange = sorted({str(word) for word in values.values()} - set(column.values))
    allowed = ", ".join(column.values)
    return [f"columns.{column.name}.values: there is no {word!r}; there are {allowed}" for word in strange]


def _copies_of_personal(tree: dict, columns: dict) -> list[str]:
    """Columns made of an identifier, whole or in part, that are no key; of free text, that are not masked.

    `filter` and `counts` may look at them: what comes of them names nobody.
    """
    keys = [str(form["key"]) for form in columns.values() if isinstance(form, dict) and "key" in form]
    direct, text = _named_personal(tree, "direct"), _named_personal(tree, "text")
    identifiers = {*direct, *(path for key in keys for path in expressions.paths(key))}
    found = []
    for where, form in _forms(tree, columns).items():
        guarded = identifiers if "text" in form else {*identifiers, *text}
        sqls = [str(sql) for kind, sql in form.items() if kind in _SQL_KINDS]
        read = [path for sql in sqls for path in expressions.paths(sql)]
        copied = [path for path in read if any(_is_part(path, other) for other in guarded)]
        found += [f"{where}: {path} names a person and may not be copied into a table" for path in copied]
    return found


def _named_personal(tree: dict, kind: str) -> set[str]:
    personal = tree.get("personal")
    named = personal.get(kind) if isinstance(personal, dict) else None
    return {str(name).lower() for name in named} if isinstance(named, list) else set()


def _forms(tree: dict, columns: dict) -> dict[str, dict]:
    """The columns that are no keys, each as a form with its kind."""
    written = {**{f"columns.{name}": form for name, form in columns.items()}, "received_at": tree.get("received_at")}
    forms = {where: form if isinstance(form, dict) else {"sql": form} for where, form in written.items()}
    return {where: form for where, form in forms.items() if not form.keys() & {"key", "row_key"}}


def _is_part(path: str, other: str) -> bool:
    """Whether one path leads to the other, or to a part of it."""
    return f"{path}.".startswith(f"{other}.") or f"{other}.".startswith(f"{path}.")


def _by_line(tree: dict, columns: dict) -> list[str]:
    is_by_line = any(isinstance(form, dict) and form.get("row_key") == "line" for form in columns.values())
    found = []
    if is_by_line and tree.get("format") != "csv":
        found.append("format: keys from line numbers need one CSV file")
    if is_by_line and tree.get("duplicates") != "keep":
        found.append("duplicates: with keys from line numbers equal rows are different rows; write duplicates: keep")
    return found


def _named_elsewhere(tree: dict) -> list[str]:
    """Columns that checks, references, unique or pairs name though the mapping does not fill them."""
    mapped = {*tree["columns"], *ENGINE_COLUMNS}
    references = tree.get("references") if isinstance(tree.get("references"), dict) else {}
    pair = tree.get("ordered_pair") if isinstance(tree.get("ordered_pair"), list) else []
    unique = tree.get("unique") if isinstance(tree.get("unique"), list) else []
    named = [("references", name) for name in references]
    named += [("ordered_pair", name) for name in pair]
    named += [("unique", name) for together in unique if isinstance(together, list) for name in together]
    named += [(f"checks.{check}", name) for check, name in _checked(tree.get("checks"))]
    found = [f"{where}: {name} is not mapped under columns" for where, name in named if name not in mapped]
    unknown = [name for name in references.values() if name not in CLEAN_TABLES]
    return found + [f"references: there is no clean table {name!r}" for name in unknown]


def _checked(checks: Json) -> list[tuple[str, str]]:
    if not isinstance(checks, dict):
        return []
    found = []
    for check, subject in checks.items():
        for item in subject if isinstance(subject, dict | list) else []:
            found += [(check, str(name)) for name in (item if isinstance(item, list) else [item])]
    return found


def _group(tree: dict) -> list[str]:
    group = tree.get("group")
    by, take = (group.get("by"), group.get("take")) if isinstance(group, dict) else (None, None)
    if not isinstance(by, list) or not isinstance(take, dict):
        return []
    mapped = set(tree["columns"])
    found = [f"group: {name} is not mapped under columns" for name in (*by, *take) if name not in mapped]
    lost = [name for name in tree["columns"] if name not in by and name not in take]
    found += [f"group.take: {name} is neither grouped by nor taken; say sum, min or max" for name in lost]
    return found


def _feed(tree: dict, table: Table) -> list[str]:
    """Why rows of such a feed cannot go into the table in the way that is asked for."""
    kind, columns = tree.get("feed"), tree["columns"]
    is_grouped, is_merged = tree.get("group") is not None, kind in ("append", "upsert")
    made = {form["row_key"] for form in columns.values() if isinstance(form, dict) and "row_key" in form}
    found = []
    if kind not in (None, "snapshot") and "line" in made:
        found.append(f"feed: {kind} takes in file after file, and every file has a first line; write row_key: hash")
    if is_merged and is_grouped:
        found.append(f"feed: {kind} goes by single rows, and these are grouped; write full_month or snapshot")
    if is_merged and made and tree.get("duplicates") == "keep":
        found.append(f"feed: {kind} goes by a key, and equal rows of two deliveries would share it; write full_month")
    if kind == "full_month" and table.time is not TimeKind.EVENT:
        found.append(f"feed: rows of {table.name} belong to no month; write snapshot or upsert")
    if kind != "snapshot" and kind is not None and tree.get("unique"):
        found.append("feed: `unique` compares the rows of a snapshot; leave it out, or write feed: snapshot")
    return found


def _feed_of_ready_made(tree: dict) -> list[str]:
    is_fine = tree.get("feed") in (None, "snapshot")
    return [] if is_fine else ["feed: ready-made features come as a snapshot"]
