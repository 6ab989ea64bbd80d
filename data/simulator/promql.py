"""The part of PromQL that the stand-in for a Prometheus understands, read into a tree.

1 · vector(1)
NAME{matchers} · {__name__=~"…",matchers} · either with [W]
rate|increase|avg_over_time|max_over_time|last_over_time(SELECTOR[W]) · timestamp(SELECTOR)
sum|max|min|avg|count [by (labels)] (…)
histogram_quantile(q, sum by (le, …) (rate|increase(NAME_bucket[W])))
any two of these with + - * / between them, and brackets
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from console.readings import Millis
from data.simulator.promql_tokens import BadQuery as BadQuery
from data.simulator.promql_tokens import duration_ms as duration_ms
from data.simulator.promql_tokens import tokens, unquoted

OverTime = Literal["rate", "increase", "avg_over_time", "max_over_time", "last_over_time"]
Aggregation = Literal["sum", "max", "min", "avg", "count"]
Operator = Literal["+", "-", "*", "/"]


@dataclass(frozen=True, slots=True)
class Matcher:
    """One label matcher; ``pattern`` is set for the regular expressions, which match whole values."""

    label: str
    op: Literal["=", "!=", "=~", "!~"]
    value: str
    pattern: re.Pattern[str] | None

    def fits(self, value: str) -> bool:
        """Whether a label of that value passes; a label that is absent has the value ``""``."""
        hit = value == self.value if self.pattern is None else self.pattern.fullmatch(value) is not None
        return hit if self.op in ("=", "=~") else not hit


@dataclass(frozen=True, slots=True)
class Number:
    """A number; ``vector``: as an instant vector without labels."""

    value: float
    vector: bool


@dataclass(frozen=True, slots=True)
class Selector:
    """Series by labels, ``__name__`` among them; with ``range_ms``, their raw samples over that window."""

    matchers: tuple[Matcher, ...]
    range_ms: Millis | None


@dataclass(frozen=True, slots=True)
class Timestamp:
    """When the newest sample of each series was taken, in seconds."""

    selector: Selector


@dataclass(frozen=True, slots=True)
class Over:
    """A function of each series' samples in a window."""

    function: OverTime
    selector: Selector


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Series put together, grouped by labels."""

    function: Aggregation
    by: tuple[str, ...]
    inner: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """Two sides, number by number, or where their labels are the same."""

    op: Operator
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile of a histogram, interpolated inside its bucket."""

    q: float
    inner: Aggregate


Expression = Number | Selector | Timestamp | Over | Aggregate | Binary | Quantile

DEEPEST = 40
"""Brackets inside one another, and operators; nobody's catalogue has more."""


def parse(text: str) -> Expression:
    """The tree of ``text``. Raises :class:`BadQuery` for everything outside the catalogue."""
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = tokens(text)
        self._at = 0
        self._depth = self._joined = 0

    def whole(self) -> Expression:
        if self._kind() == "end":
            raise BadQuery("no expression found in input")
        tree = self._expression()
        if self._kind() != "end":
            raise BadQuery(f"unexpected {self._text()!r} after the expression")
        return tree

    def _expression(self) -> Expression:
        tree = self._product()
        while self._text() in ("+", "-") and self._kind() == "sign":
            tree = self._binary(tree, self._product)
        return tree

    def _product(self) -> Expression:
        tree = self._unit()
        while self._text() in ("*", "/") and self._kind() == "sign":
            tree = self._binary(tree, self._unit)
        return tree

    def _binary(self, left: Expression, right: Callable[[], Expression]) -> Binary:
        self._joined += 1
        if self._joined > DEEPEST:
            raise BadQuery("too many operators")
        op = self._next()
        tree = Binary(op, left, right())  # type: ignore[arg-type]
        for side in (tree.left, tree.right):
            if isinstance(side, Selector) and side.range_ms is not None:
                raise BadQuery("binary expression must contain only scalar and instant vector types")
        return tree

    def _unit(self) -> Expression:
        self._depth += 1
        if self._depth > DEEPEST:
            raise BadQuery("nested too deeply")
        try:
            return self._inside()
        finally:
            self._depth -= 1

    def _inside(self) -> Expression:
        word = self._text()
        if self._kind() == "number" or (self._kind() == "sign" and word in ("+", "-")):
            return Number(self._number(), vector=False)
        if word == "(" and self._kind() == "sign":
            self._sign("(")
            tree = self._expression()
            self._sign(")")
            return tree
        if self._kind() not in ("word", "sign") or (self._kind() == "sign" and word != "{"):
            raise BadQuery(f"unexpected {word!r}")
        if word == "vector":
            self._call("vector")
            number = Number(self._number(), vector=True)
            self._sign(")")
            return number
        if word == "histogram_quantile":
            return self._quantile()
        if word == "timestamp":
            return self._timestamp()
        if word in get_args(Aggregation):
            return self._aggregate()
        if word in get_args(OverTime):
            return self._over()
        return self._selector()

    def _quantile(self) -> Quantile:
        self._call("histogram_quantile")
        q = self._number()
        self._sign(",")
        inner = self._aggregate()
        self._sign(")")
        counted = isinstance(inner.inner, Over) and inner.inner.function in ("rate", "increase")
        if inner.function != "sum" or not counted:
            raise BadQuery("histogram_quantile needs sum by (le, …) (rate(…))")
        return Quantile(q, inner)

    def _timestamp(self) -> Timestamp:
        self._call("timestamp")
        selector = self._selector()
        self._sign(")")
        if selector.range_ms is not None:
            raise BadQuery("expected type instant vector in call to function timestamp")
        return Timestamp(selector)

    def _aggregate(self) -> Aggregate:
        function = self._word()
        if function not in get_args(Aggregation):
            raise BadQuery(f"unexpected {function!r} where a sum was expected")
        by = self._by()
        self._sign("(")
        inner = self._expression()
        self._sign(")")
        if isinstance(inner, Number) and not inner.vector:
            raise BadQuery("expected type instant vector in aggregation expression, got scalar")
        if isinstance(inner, Selector) and inner.range_ms is not None:
            raise BadQuery("expected type instant vector in aggregation expression, got range vector")
        return Aggregate(function, by or self._by(), inner)  # type: ignore[arg-type]

    def _over(self) -> Over:
        function = self._text()
        self._call(function)
        selector = self._selector()
        self._sign(")")
        if selector.range_ms is None:
            raise BadQuery(f"expected type range vector in call to function {function!r}, got instant vector")
        return Over(function, selector)  # type: ignore[arg-type]

    def _by(self) -> tuple[str, ...]:
        if self._text() != "by":
            return ()
        self._word()
        self._sign("(")
        labels = []
        while self._text() != ")":
            labels.append(self._word())
            if self._text() != ")":
                self._sign(",")
        self._sign(")")
        return tuple(labels)

    def _selector(self) -> Selector:
        matchers: list[Matcher] = []
        range_ms = None
        if self._kind() == "word":
            matchers.append(Matcher("__name__", "=", self._word(), None))
        elif self._text() != "{":
            raise BadQuery(f"unexpected {self._text()!r} where a name was expected")
        if self._text() == "{":
            self._sign("{")
            while self._text() != "}":
                matchers.append(self._matcher())
                if self._text() != "}":
                    self._sign(",")
            self._sign("}")
        if all(matcher.fits("") for matcher in matchers):
            raise BadQuery("vector selector must contain at least one non-empty matcher")
        if self._text() == "[":
            self._sign("[")
            if self._kind() != "duration":
                raise BadQuery(f"missing unit character in duration {self._text()!r}")
            range_ms = duration_ms(self._next())
            self._sign("]")
        return Selector(tuple(matchers), range_ms)

    def _matcher(self) -> Matcher:
        label, op = self._word(), self._next()
        if op not in ("=", "!=", "=~", "!~") or self._kind() != "string":
            raise BadQuery(f"bad matcher for the label {label!r}")
        value = unquoted(self._next())
        pattern = None
        if op in ("=~", "!~"):
            try:
                pattern = re.compile(value, re.DOTALL)
            except re.error as err:
                raise BadQuery(f"error parsing regexp {value!r}: {err}") from err
        return Matcher(label, op, value, pattern)  # type: ignore[arg-type]

    def _call(self, function: str) -> None:
        if self._next() != function:
            raise BadQuery(f"{function} was expected")
        self._sign("(")

    def _number(self) -> float:
        sign = -1.0 if self._text() == "-" else 1.0
        if self._text() in ("+", "-"):
            self._next()
        if self._kind() != "number":
            raise BadQuery(f"unexpected {self._text()!r} where a number was expected")
        return sign * float(self._next())

    def _word(self) -> str:
        if self._kind() != "word":
            raise BadQuery(f"unexpected {self._text()!r} where a name was expected")
        return self._next()

    def _sign(self, sign: str) -> None:
        if self._kind() != "sign" or self._text() != sign:
            raise BadQuery(f"unexpected {self._text()!r} where {sign!r} was expected")
        self._at += 1

    def _kind(self) -> str:
        return self._tokens[self._at][0]

    def _text(self) -> str:
        return self._tokens[self._at][1]

    def _next(self) -> str:
        text = self._text()
        self._at += self._kind() != "end"
        return text
