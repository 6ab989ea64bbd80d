"""Our own values as plain JSON and back, checked field by field.

What comes from outside is checked by pydantic. This is for what the console wrote itself and reads
again before its first paint: importing pydantic takes about as long as drawing the first screen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


class NotThat(ValueError):
    """The value is not of the form that was asked for."""


def plain(value: object) -> Any:
    """``value`` (dataclasses, enumerations, tuples, mappings with text keys) as JSON can hold it."""
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        return {name: plain(getattr(value, name)) for name in (f.name for f in fields(value))}
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    return value


def made(kind: type[T], value: object) -> T:
    """A ``kind`` (a dataclass) from what :func:`plain` gave. Raises :class:`NotThat`."""
    result: T = _made(kind, value)
    return result


def _made(kind: Any, value: Any) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _one_of(arguments, value)
    if origin is tuple and isinstance(value, list):
        return _tuple(arguments, value)
    if origin is Mapping and isinstance(value, dict):
        return {key: _made(arguments[1], one) for key, one in value.items()}
    if origin is Literal and value in arguments:
        return value
    if is_dataclass(origin or kind) and isinstance(value, dict):
        return _dataclass(origin or kind, arguments, value)
    if isinstance(kind, type) and issubclass(kind, Enum):
        try:
            return kind(value)
        except ValueError as error:
            raise NotThat(str(error)) from None
    if type(value) is kind or (kind is float and type(value) is int):
        return value
    raise NotThat(f"{kind} cannot be made of a {type(value).__name__}")


def _one_of(kinds: tuple[Any, ...], value: Any) -> Any:
    if value is None and NoneType in kinds:
        return None
    for kind in kinds:
        try:
            return _made(kind, value)
        except NotThat:
            continue
    raise NotThat(f"none of {kinds}")


def _tuple(arguments: tuple[Any, ...], value: list[Any]) -> tuple[Any, ...]:
    if arguments == (float, ...) and {type(one) for one in value} <= {int, float}:
        return tuple(value)
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return tuple(_made(arguments[0], one) for one in value)
    if len(arguments) != len(value):
        raise NotThat(f"{len(value)} values for {len(arguments)}")
    return tuple(_made(kind, one) for kind, one in zip(arguments, value, strict=True))


def _dataclass(kind: Any, arguments: tuple[Any, ...], value: dict[str, Any]) -> Any:
    hints = _hints(kind)
    if hints.keys() != value.keys():
        raise NotThat(f"the fields of {kind.__name__} are {', '.join(hints)}")
    bound = dict(zip(getattr(kind, "__parameters__", ()), arguments, strict=False))
    return kind(**{name: _made(_bind(hint, bound), value[name]) for name, hint in hints.items()})


def _bind(hint: Any, bound: Mapping[Any, Any]) -> Any:
    """``hint`` with the type variables of a generic dataclass replaced."""
    if not bound:
        return hint
    parameters = getattr(hint, "__parameters__", ())
    if hint in bound:
        return bound[hint]
    return hint[tuple(bound[one] for one in parameters)] if parameters else hint


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
