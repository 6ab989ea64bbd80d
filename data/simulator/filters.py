"""The two filter languages of the host's metrics: OData (``v2``) and a small KQL (``metrics/v1``).

Both become a predicate over one row's dimensions, named as the language names them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

Value = str | int
Row = Mapping[str, Value | None]
Predicate = Callable[[Row], bool]

MAX_LENGTH = 2_048
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<op>=~|>=|<=|!=|[()<>=:,])|(?P<word>[^\s()<>=:,'\"]+))"
)


class BadFilter(ValueError):
    """A filter that is not understood; ``dimension`` is set if it names one that is not there."""

    def __init__(self, message: str, dimension: str | None = None) -> None:
        super().__init__(message)
        self.dimension = dimension


class _Tokens:
    """Words, operators and texts of a filter, read one after the other."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_LENGTH:
            raise BadFilter(f"A filter has at most {MAX_LENGTH} characters.")
        self._tokens: list[tuple[str, str]] = []
        place = 0
        while text[place:].strip():
            match = _TOKEN.match(text, place)
            if match is None:
                raise BadFilter(f"Unexpected {text[place:].strip()[:12]!r} in the filter.")
            self._tokens.append((str(match.lastgroup), match.group(str(match.lastgroup))))
            place = match.end()
        self._at = 0

    def peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def next(self) -> tuple[str, str]:
        token = self.peek()
        self._at += 1
        return token

    def word(self, *wanted: str) -> bool:
        """Take the next token if it is one of these words or operators."""
        kind, text = self.peek()
        if kind != "text" and text.lower() in wanted:
            self._at += 1
            return True
        return False

    def need(self, wanted: str) -> None:
        if not self.word(wanted):
            raise BadFilter(f"{wanted!r} expected, not {self.peek()[1] or 'the end'!r}.")


class _Language:
    """What both have in common: ``or``, ``and``, ``not``, parentheses and comparisons."""

    def __init__(self, text: str, dimensions: frozenset[str]) -> None:
        self._tokens, self._dimensions = _Tokens(text), dimensions

    def parse(self) -> Predicate:
        found = self._either()
        if self._tokens.peek()[0] != "end":
            raise BadFilter(f"Unexpected {self._tokens.peek()[1]!r} in the filter.")
        return found

    def _either(self) -> Predicate:
        parts = [self._both()]
        while self._tokens.word("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda row: any(part(row) for part in parts)

    def _both(self) -> Predicate:
        parts = [self._one()]
        while self._tokens.word("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda row: all(part(row) for part in parts)

    def _one(self) -> Predicate:
        if self._tokens.word("not"):
            inner = self._one()
            return lambda row: not inner(row)
        if self._tokens.word("("):
            found = self._either()
            self._tokens.need(")")
            return found
        return self._comparison()

    def _comparison(self) -> Predicate:
        raise NotImplementedError

    def _dimension(self) -> str:
        kind, text = self._tokens.next()
        if kind != "word":
            raise BadFilter(f"A dimension expected, not {text or 'the end'!r}.")
        if text not in self._dimensions:
            raise BadFilter(f"There is no dimension {text!r} to filter by.", text)
        return text

    def _literal(self) -> str:
        kind, text = self._tokens.next()
        if kind == "text":
            body = text[1:-1]
            return body.replace("''", "'") if text[0] == "'" else re.sub(r"\\(.)", r"\1", body)
        if kind != "word":
            raise BadFilter(f"A value expected, not {text or 'the end'!r}.")
        return text


class _OData(_Language):
    def _comparison(self) -> Predicate:
        for function, test in (
            ("contains", lambda has, part: part in has),
            ("startswith", lambda has, part: has.startswith(part)),
        ):
            if self._tokens.word(function):
                return self._call(test)
        name = self._dimension()
        if self._tokens.word("in"):
            self._tokens.need("(")
            wanted = [self._literal()]
            while self._tokens.word(","):
                wanted.append(self._literal())
            self._tokens.need(")")
            return lambda row: any(_holds("eq", row.get(name), value) for value in wanted)
        operator = self._tokens.next()[1].lower()
        if operator not in ("eq", "ne", "gt", "ge", "lt", "le"):
            raise BadFilter(f"An operator expected, not {operator or 'the end'!r}.")
        value = self._literal()
        return lambda row: _holds(operator, row.get(name), value)

    def _call(self, test: Callable[[str, str], bool]) -> Predicate:
        self._tokens.need("(")
        name = self._dimension()
        self._tokens.need(",")
        part = self._literal()
        self._tokens.need(")")
        return lambda row: test(str(row.get(name) or ""), part)


class _Kql(_Language):
    _OPERATORS: Mapping[str, str] = {">": "gt", ">=": "ge", "<": "lt", "<=": "le", "=": "eq", "!=": "ne"}

    def _comparison(self) -> Predicate:
        name = self._dimension()
        operator = self._tokens.next()[1]
        if operator == ":":
            return self._matching(name)
        if operator == "=~":
            try:
                pattern = re.compile(self._literal())
            except re.error as err:
                raise BadFilter(f"Not a regular expression: {err}.") from err
            return lambda row: bool(pattern.search(str(row.get(name) or "")))
        if operator not in self._OPERATORS:
            raise BadFilter(f"An operator expected, not {operator or 'the end'!r}.")
        word, value = self._OPERATORS[operator], self._literal()
        return lambda row: _holds(word, row.get(name), value)

    def _matching(self, name: str) -> Predicate:
        wanted = []
        if self._tokens.word("("):
            wanted.append(self._literal())
            while self._tokens.word("or"):
                wanted.append(self._literal())
            self._tokens.need(")")
        else:
            wanted.append(self._literal())
        return lambda row: any(_like(row.get(name), value) for value in wanted)


def odata(text: str, dimensions: frozenset[str]) -> Predicate:
    """The predicate of an OData filter. Raises :class:`BadFilter`."""
    return _OData(text, dimensions).parse()


def kql(text: str, dimensions: frozenset[str]) -> Predicate:
    """The predicate of a KQL filter. Raises :class:`BadFilter`."""
    return _Kql(text, dimensions).parse()


def _like(has: Value | None, wanted: str) -> bool:
    """KQL's ``field:value``, with a star at the beginning or the end."""
    if wanted == "*":
        return has is not None
    if "*" in wanted.strip("*"):
        raise BadFilter("A star stands at the beginning or the end of a value only.")
    text, part = str(has or ""), wanted.strip("*")
    if wanted.startswith("*") and wanted.endswith("*"):
        return part in text
    if wanted.startswith("*"):
        return text.endswith(part)
    return text.startswith(part) if wanted.endswith("*") else _holds("eq", has, wanted)


def _holds(operator: str, has: Value | None, wanted: str) -> bool:
    """A comparison, by number where both are numbers. A missing value differs from everything."""
    if has is None:
        return operator == "ne" and wanted != "null"
    left: str | float = str(has)
    right: str | float = wanted
    if str(has).isdecimal() and wanted.isdecimal():
        left, right = float(has), float(wanted)
    order = (left > right) - (left < right)  # type: ignore[operator]
    return {
        "eq": order == 0,
        "ne": order != 0,
        "gt": order > 0,
        "ge": order >= 0,
        "lt": order < 0,
        "le": order <= 0,
    }[operator]
