"""docs/settings.md: every setting with its variable, default and meaning, from the models that check them."""

from __future__ import annotations

import ast
import inspect
import textwrap
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

HEAD = """\
# Settings

<!-- Written by `make docs` from console/settings.py; edit the docstrings there. -->

The file is `coalmine.toml`; how it is found, and what stands beside it, is on the page about
[configuration](configuration.md). A variable goes before the file, the file before the default.
An unknown key or a value of the wrong kind is refused, with its place.
"""


def meanings(model: type[BaseModel]) -> dict[str, str]:
    """The string under each field in the source of ``model``, on one line."""
    (class_,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    assert isinstance(class_, ast.ClassDef)
    found = {}
    for field, after in zip(class_.body, class_.body[1:], strict=False):
        match field, after:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str() as text)),
            ):
                found[name] = " ".join(text.split())
    return found


def kind(annotation: Any) -> str:
    """The type of a value, as one says it in TOML."""
    if get_origin(annotation) in (Union, UnionType):
        return " or ".join(kind(part) for part in get_args(annotation) if part is not type(None))
    if get_origin(annotation) is Literal:
        return " or ".join(f'"{value}"' for value in get_args(annotation))
    if get_origin(annotation) is tuple:
        return {str: "list of words", SecretStr: "text or list of texts"}.get(
            get_args(annotation)[0], "list of tables"
        )
    if get_origin(annotation) is dict:
        return "table of text"
    if get_origin(annotation) is not None:
        return kind(get_args(annotation)[0])
    return {"bool": "true or false", "int": "whole number", "float": "number"}.get(
        annotation.__name__, "text"
    )


def default(field: FieldInfo) -> str:
    """The default of ``field`` as it would be written in TOML; nothing where there is none."""
    if field.is_required():
        return "has to be set"
    match field.default:
        case None | dict() | ():
            return ""
        case bool() as truth:
            return f"`{str(truth).lower()}`"
        case int() | float() as number:
            return f"`{number:g}`"
        case other:
            return f'`"{other}"`'


def variable(field: FieldInfo, prefix: str | None, name: str) -> str:
    """The variable that sets the field; a list has none, nor has a table with a name of its own."""
    return "" if prefix is None or get_origin(field.annotation) is tuple else f"`{prefix}{name.upper()}`"


def cell(text: str) -> str:
    """``text`` in a cell of a Markdown table, with the double backticks of docstrings made single."""
    return text.replace("``", "`").replace("|", "\\|")


def rows(model: type[BaseModel], prefix: str | None) -> list[str]:
    says = meanings(model)
    return [
        f"| `{name}` | {variable(field, prefix, name)} | {kind(field.annotation)} "
        f"| {default(field)} | {cell(says.get(name, ''))} |"
        for name, field in model.model_fields.items()
        if not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel))
        and named(field.annotation) is None
    ]


def named(annotation: Any) -> type[BaseModel] | None:
    """The model of tables that have names of their own, ``[table.NAME]``."""
    of = get_args(annotation)[1] if get_origin(annotation) is dict else None
    return of if isinstance(of, type) and issubclass(of, BaseModel) else None


def tables(model: type[BaseModel], path: tuple[str, ...], variables: str | None) -> list[str]:
    """The table of ``model`` and of those within it, each under the heading of its TOML table."""
    heading = f"`[{'.'.join(path)}]`" if path else "At the top"
    about = "" if not path else cell(" ".join((model.__doc__ or "").split())) + "\n\n"
    top = "| key | variable | value | default | meaning |\n| --- | --- | --- | --- | --- |\n"
    own = rows(model, variables)
    parts = [f"## {heading}\n\n{about}{top}" + "\n".join(own) + "\n"] if own else []
    for name, field in model.model_fields.items():
        if (of := named(field.annotation)) is not None:
            parts += tables(of, (*path, name, "NAME"), None)
        elif isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            parts += tables(field.annotation, (*path, name), f"{variables}{name.upper()}__")
            overridden = changed(field.default)
            if overridden:
                parts[-1] += f"\nHere by default: {overridden}.\n"
    return parts


def changed(value: BaseModel) -> str:
    """The fields in which ``value`` differs from the defaults of its own model."""
    return ", ".join(
        f"`{name} = {getattr(value, name):g}`"
        for name, field in type(value).model_fields.items()
        if isinstance(getattr(value, name), int | float) and getattr(value, name) != field.default
    )


def settings_page(model: type[BaseModel], prefix: str) -> str:
    """The page for the settings ``model`` whose environment variables begin with ``prefix``."""
    return "\n".join([HEAD, *tables(model, (), prefix)])
