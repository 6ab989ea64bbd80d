"""Values as the reference evaluator, a JavaScript program, compares and converts them."""

from __future__ import annotations

import re
from array import array
from functools import lru_cache
from typing import Any, Final


class Undefined:
    """What is not there, which JavaScript tells from ``null``."""

    def __repr__(self) -> str:
        return "undefined"


UNDEFINED: Final = Undefined()


class Inherited:
    """What every JavaScript object has by birth (``constructor``, ``toString``): no value of a context."""

    def __init__(self, text: str) -> None:
        self.text = text


class Raised(Exception):
    """The reference raises here. ``name`` is the class of its error: Error, TypeError, RangeError."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


_METHODS = [
    "__defineGetter__",
    "__defineSetter__",
    "__lookupGetter__",
    "__lookupSetter__",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "toString",
    "valueOf",
]
BORN = {name: Inherited(f"function {name}() {{ [native code] }}") for name in _METHODS} | {
    "constructor": Inherited("function Object() { [native code] }"),
    "__proto__": Inherited("[object Object]"),
}
BLANK = (
    "\t\n\v\f\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006"
    "\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
)
NUMBER = re.compile(r"[+-]?(?:Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)", re.ASCII)
OTHER_BASE = re.compile(r"0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)", re.ASCII)


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def double(value: float) -> float:
    """A number of JSON as the only kind JavaScript has."""
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def truthy(value: object) -> bool:
    if isinstance(value, list | dict | Inherited):
        return True
    return value is not UNDEFINED and bool(value)


def member(owner: Any, key: Any) -> Any:
    """``owner.key``: absent gives :data:`UNDEFINED`; nothing can be read of ``null``."""
    if owner is None or owner is UNDEFINED:
        raise Raised("TypeError", f"Cannot read properties of {text_of(owner)} (reading '{text_of(key)}')")
    if isinstance(owner, dict):
        key = text_of(key)
        return owner[key] if key in owner else BORN.get(key, UNDEFINED)
    if isinstance(owner, list):
        name = text_of(key)
        if name == "length":
            return len(owner)
        if name.isascii() and name.isdigit() and str(int(name[:9])) == name and int(name) < len(owner):
            return owner[int(name)]
        return BORN.get(name, UNDEFINED)
    return UNDEFINED


def read(context: Any, path: list[Any]) -> Any:
    """The attribute at ``path``. Raises :class:`Raised` where a text, a number or true has to have parts."""
    for key in path:
        if not truthy(context):
            return UNDEFINED
        if not isinstance(context, dict | list | Inherited):
            shown = text_of(context)
            raise Raised("TypeError", f"Cannot use 'in' operator to search for '{text_of(key)}' in {shown}")
        context = member(context, key)
    return context


def keys_of(value: Any) -> list[str]:
    """The keys in the order of ``for … in``: those that are whole numbers first, by size."""
    if isinstance(value, list | str):
        return [str(at) for at in range(len(value))]
    if not isinstance(value, dict):
        return []
    whole = [key for key in value if key.isascii() and key.isdigit() and (key == "0" or key[0] != "0")]
    if not whole:
        return list(value)
    whole = sorted((key for key in whole if len(key) <= 10), key=int)
    first = set(whole)
    return [*whole, *(key for key in value if key not in first)]


def same(one: Any, other: Any) -> bool:
    """``===``. Two lists or objects are never the same one: one is of the context, one of the rule."""
    if isinstance(one, str) or isinstance(other, str):
        return isinstance(one, str) and isinstance(other, str) and one == other
    if is_number(one) and is_number(other):
        return double(one) == double(other)
    if isinstance(one, bool | Undefined) or isinstance(other, bool | Undefined) or one is None:
        return one is other
    return False


def among(value: Any, values: list[Any]) -> bool:
    """``values.includes(value)``."""
    return any(same(value, one) for one in values)


def lower(value: Any) -> Any:
    if isinstance(value, str):
        return value.lower()
    return [lower(one) for one in value] if isinstance(value, list) else value


@lru_cache(maxsize=4096)
def units(text: str) -> str:
    """The UTF-16 code units of ``text``, each as one character."""
    if text.isascii():
        return text
    return "".join(map(chr, array("H", text.encode("utf-16-le", "surrogatepass"))))


def halves(text: str) -> bool:
    """Whether half of a surrogate pair is in ``text``: only then units and characters part differently."""
    return not text.isascii() and any("\ud800" <= one <= "\udfff" for one in text)


def number_of(value: Any) -> float:
    """``Number(value)`` of a primitive; not-a-number where it is none."""
    if isinstance(value, str):
        text = value.strip(BLANK)
        if not text:
            return 0.0
        if NUMBER.fullmatch(text):
            return float(text)
        return double(int(text, 0)) if OTHER_BASE.fullmatch(text) else float("nan")
    if value is None:
        return 0.0
    return double(value) if isinstance(value, int | float) else float("nan")


def text_of(value: Any) -> str:
    """``String(value)``. Raises :class:`Raised` where an object hides its own ``toString``."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, int | float):
        return _digits(double(value))
    if isinstance(value, list):
        return ",".join("" if one is None else text_of(one) for one in value)
    if isinstance(value, dict):
        if "toString" in value:
            raise Raised("TypeError", "Cannot convert object to primitive value")
        return "[object Object]"
    return value.text if isinstance(value, Inherited) else "undefined"


def _digits(value: float) -> str:
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "0"
    sign, (mantissa, _, power) = "-" if value < 0 else "", f"{abs(value)!r}".partition("e")
    whole, _, part = mantissa.partition(".")
    digits, point = (whole + part), len(whole) + int(power or 0)
    lead = len(digits) - len(digits.lstrip("0"))
    digits, point = digits.lstrip("0").rstrip("0"), point - lead
    if 0 < point <= 21:
        if len(digits) <= point:
            return sign + digits.ljust(point, "0")
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def before(one: Any, other: Any) -> bool:
    """``one < other``: two texts by UTF-16 code units, all else as numbers."""
    one, other = _primitive(one), _primitive(other)
    if isinstance(one, str) and isinstance(other, str):
        return units(one) < units(other)
    return number_of(one) < number_of(other)


def at_most(one: Any, other: Any) -> bool:
    """``one <= other``."""
    one, other = _primitive(one), _primitive(other)
    if isinstance(one, str) and isinstance(other, str):
        return units(one) <= units(other)
    return number_of(one) <= number_of(other)


def _primitive(value: Any) -> Any:
    return text_of(value) if isinstance(value, list | dict | Inherited) else value
