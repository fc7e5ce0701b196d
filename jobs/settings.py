"""The settings as they are after all files and `--set`, and what every key means."""

from collections.abc import Iterator
from typing import Annotated, get_args, get_origin

import typer
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from rich.table import Table as Grid

from jobs.arguments import Command, ConfOptions
from jobs.opening import settings_only
from jobs.terminal import Answer
from segmentation.settings import RunSettings


def run(
    settings: RunSettings,
    *,
    explain: Annotated[bool, typer.Option("--explain", help="Every key with its type, default and meaning.")] = False,
) -> Answer:
    """Check a conf file without starting Spark and print what it comes to; the secret is not shown."""
    values = settings.model_dump(mode="json", exclude={"secret": {"demo_key"}})
    if explain:
        return Answer((_explained(),), values)
    return Answer((yaml.safe_dump(values, sort_keys=False, allow_unicode=True),), values)


def keys(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every key that can be set, with what was declared for it."""
    for name, field in model.model_fields.items():
        inner = list(_models_in(field.annotation))
        if not inner:
            yield f"{path}{name}", field
        for part in inner:
            step = f"{path}{name}.VERTICAL." if get_origin(field.annotation) is dict else f"{path}{name}."
            choice = part.model_fields.get("name") if len(inner) > 1 else None
            label = f"{step[:-1]}({get_args(choice.annotation)[0]})." if choice is not None else step
            yield from keys(part, label)


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _explained() -> Grid:
    grid = Grid("key", "type", "default", "meaning")
    for path, field in keys(RunSettings):
        kind = str(getattr(field.annotation, "__name__", field.annotation)).replace("typing.", "")
        default = (
            "required"
            if field.is_required()
            else ""
            if field.default in (None, PydanticUndefined)
            else str(field.default)
        )
        limits = ", ".join(str(limit) for limit in field.metadata)
        grid.add_row(path, f"{kind} {limits}".strip(), default, field.description or "")
    return grid


main = Command(
    run,
    "settings",
    ConfOptions,
    settings_only,
    ("segmentation settings --conf-file conf/local.yaml", "segmentation settings --explain"),
)

if __name__ == "__main__":
    main()
