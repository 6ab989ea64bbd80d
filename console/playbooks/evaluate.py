"""What an expression is worth: its type before anything is known, its value once something is.

The logic has three values. An operand without data makes the whole *no data* (:data:`NO_DATA`), also under
``and`` and ``or``: a check that lacks a number it names has neither passed nor failed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Literal

from console.playbooks.expression import Binary, Constant, Expression, Member, Name, Unary
from console.playbooks.fault import close_to

Type = Literal["number", "text", "boolean", "any", "object"]
"""``any``: only the run will tell. ``object``: it has members, of any type."""


class Nothing(Enum):
    """No data: one of its own, so that no value of a run can be taken for it."""

    NO_DATA = "no data"


NO_DATA = Nothing.NO_DATA
Value = object
"""A number, a text, a truth, what JSON holds, or :data:`NO_DATA`."""

Wrong = tuple[str, str, int, str | None]
"""Code, message, where in the text, what to write instead."""


def wrongs(expression: Expression, scope: Mapping[str, Type]) -> Iterator[Wrong]:
    """Everything that is wrong with it where the names of ``scope`` are known."""
    found: list[Wrong] = []
    kind = _type(expression, scope, found)
    yield from found
    if not found and kind not in ("boolean", "any"):
        yield (
            "expression-type",
            f"this is a {kind}, no condition; compare it with something",
            expression.at,
            None,
        )


def names(expression: Expression) -> Iterator[str]:
    """The names it needs."""
    if isinstance(expression, Name):
        yield expression.name
    elif isinstance(expression, Binary):
        yield from names(expression.left)
        yield from names(expression.right)
    elif isinstance(expression, Unary | Member):
        yield from names(expression.of)


def type_of(expression: Expression, scope: Mapping[str, Type]) -> Type:
    """Its type, as far as it can be told."""
    return _type(expression, scope, [])


def _type(one: Expression, scope: Mapping[str, Type], found: list[Wrong]) -> Type:
    if isinstance(one, Constant):
        return (
            "boolean" if isinstance(one.value, bool) else "text" if isinstance(one.value, str) else "number"
        )
    if isinstance(one, Name):
        if one.name not in scope:
            close = close_to(one.name, scope)
            said = f"unknown name `{one.name}`" + (f"; did you mean `{close}`?" if close else "")
            found.append(("name-unknown", said, one.at, close))
        return scope.get(one.name, "any")
    if isinstance(one, Member):
        of = _type(one.of, scope, found)
        if of not in ("object", "any"):
            found.append(("expression-type", f"a {of} has no parts", one.at, None))
        return "any"
    if isinstance(one, Unary):
        wanted: Type = "boolean" if one.sign == "not" else "number"
        _want(wanted, _type(one.of, scope, found), one, found)
        return wanted
    return _type_of_two(one, scope, found)


def _type_of_two(one: Binary, scope: Mapping[str, Type], found: list[Wrong]) -> Type:
    left, right = _type(one.left, scope, found), _type(one.right, scope, found)
    if one.sign in ("and", "or"):
        _want("boolean", left, one, found)
        _want("boolean", right, one, found)
        return "boolean"
    if one.sign in ("==", "!="):
        if "any" not in (left, right) and left != right:
            found.append(("expression-type", f"`{one.sign}` compares a {left} with a {right}", one.at, None))
        return "boolean"
    _want("number", left, one, found)
    _want("number", right, one, found)
    return "boolean" if one.sign in _ORDER else "number"


def _want(wanted: Type, there: Type, one: Binary | Unary, found: list[Wrong]) -> None:
    if there not in (wanted, "any"):
        wants = "conditions" if wanted == "boolean" else "numbers"
        found.append(("expression-type", f"`{one.sign}` wants {wants}, and this is a {there}", one.at, None))


_ORDER: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_SUMS: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}


def evaluate(one: Expression, values: Mapping[str, Value]) -> Value:
    """Its value; :data:`NO_DATA` where a name has none, or where the run gave what does not fit.

    ``header`` is looked into by lower-case names. Never raises.
    """
    if isinstance(one, Constant):
        return one.value
    if isinstance(one, Name):
        return _known(values.get(one.name, NO_DATA))
    if isinstance(one, Member):
        return _member(one, values)
    if isinstance(one, Unary):
        return _of_one(one.sign, evaluate(one.of, values))
    return _of_two(one.sign, evaluate(one.left, values), evaluate(one.right, values))


def condition(one: Expression, values: Mapping[str, Value]) -> bool | Nothing:
    """Whether it holds: true, false, or no data, which also a value is that is no truth."""
    value = evaluate(one, values)
    return value if isinstance(value, bool) else NO_DATA


def _known(value: Value) -> Value:
    """JSON's ``null`` and numbers that are none are no data."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return NO_DATA
    return value


def _member(one: Member, values: Mapping[str, Value]) -> Value:
    of, key = evaluate(one.of, values), one.key
    if isinstance(one.of, Name) and one.of.name == "header" and isinstance(key, str):
        key = key.lower()
    if isinstance(of, Mapping) and isinstance(key, str):
        return _known(of.get(key, NO_DATA))
    if isinstance(of, list) and isinstance(key, int) and key < len(of):
        return _known(of[key])
    return NO_DATA


def _of_one(sign: str, value: Value) -> Value:
    if sign == "not":
        return not value if isinstance(value, bool) else NO_DATA
    return -value if _number(value) else NO_DATA  # type: ignore[operator] # a number, as was just asked


def _of_two(sign: str, left: Value, right: Value) -> Value:
    if left is NO_DATA or right is NO_DATA:
        return NO_DATA
    if sign in ("and", "or"):
        if not (isinstance(left, bool) and isinstance(right, bool)):
            return NO_DATA
        return (left and right) if sign == "and" else (left or right)
    if sign in ("==", "!="):
        if _sort(left) != _sort(right):
            return NO_DATA
        return (left == right) if sign == "==" else (left != right)
    if not (_number(left) and _number(right)):
        return NO_DATA
    return _counted(sign, left, right)  # type: ignore[arg-type] # numbers, as was just asked


def _counted(sign: str, left: float, right: float) -> Value:
    if sign in _ORDER:
        return _ORDER[sign](left, right)
    try:
        return _known(_SUMS[sign](left, right))
    except (ZeroDivisionError, OverflowError):
        return NO_DATA


def _number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _sort(value: Value) -> str:
    return "number" if _number(value) else type(value).__name__
