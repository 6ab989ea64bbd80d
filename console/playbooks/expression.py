"""The expressions of playbooks: a closed little language by its grammar. Nothing of Python is evaluated.

Names, numbers, texts, ``true`` and ``false``; ``== != < <= > >=``; ``and or not``; ``+ - * /``; parentheses;
``json.a.b[0]`` and ``header["x"]``. :mod:`console.playbooks.evaluate` gives one its value.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken, v_args
from lark.exceptions import VisitError

LONGEST = 500
DEEPEST = 40

GRAMMAR = r"""
start: disjunction
?disjunction: conjunction | disjunction OR conjunction -> binary
?conjunction: negation | conjunction AND negation -> binary
?negation: NOT negation -> unary | comparison
?comparison: sum | sum COMPARE sum -> binary
?sum: product | sum ADD product -> binary | sum MINUS product -> binary
?product: sign | product TIMES sign -> binary
?sign: MINUS sign -> unary | place
?place: atom | place "." NAME -> member | place "[" index "]" -> member
index: WHOLE | TEXT
?atom: (NUMBER | WHOLE) -> number
     | TEXT -> text
     | TRUE -> true
     | FALSE -> false
     | NAME -> name
     | "(" disjunction ")"
OR: "or"
AND: "and"
NOT: "not"
TRUE: "true"
FALSE: "false"
COMPARE: "==" | "!=" | "<=" | ">=" | "<" | ">"
ADD: "+"
MINUS: "-"
TIMES: "*" | "/"
NAME: /[A-Za-z_][A-Za-z0-9_]*/
NUMBER: /[0-9]{1,15}\.[0-9]{1,15}/
WHOLE: /[0-9]{1,15}/
TEXT: /"[^"\\\n]*"/ | /'[^'\\\n]*'/
%ignore /[ \t\n]+/
"""


@dataclass(frozen=True, slots=True)
class Constant:
    value: float | int | str | bool
    at: int
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Name:
    name: str
    at: int
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Member:
    """``of.key`` or ``of[key]``."""

    of: Expression
    key: str | int
    at: int
    depth: int


@dataclass(frozen=True, slots=True)
class Unary:
    sign: str
    of: Expression
    at: int
    depth: int


@dataclass(frozen=True, slots=True)
class Binary:
    left: Expression
    sign: str
    right: Expression
    at: int
    """Of the sign."""
    depth: int


Expression = Constant | Name | Member | Unary | Binary
"""``at`` is where it stands in the text, from 0."""


class BadExpression(Exception):
    """The text is none. ``at``: where in it, from 0."""

    def __init__(self, says: str, at: int) -> None:
        super().__init__(says)
        self.says, self.at = says, at


def parse(text: str) -> Expression:
    """The expression that ``text`` is. Raises :class:`BadExpression`."""
    if len(text) > LONGEST:
        raise BadExpression(f"this is longer than {LONGEST} characters", 0)
    if not text.strip():
        raise BadExpression("there is nothing in here", 0)
    try:
        return _parser().parse(text)  # type: ignore[return-value] # its transformer makes our trees
    except UnexpectedInput as error:
        place: int | None = error.pos_in_stream
        ended = isinstance(error, UnexpectedToken) and error.token.type == "$END"
        at = len(text) if ended or place is None or place < 0 else place
        raise BadExpression(_unexpected(text, at), at) from None
    except VisitError as error:
        if isinstance(error.orig_exc, BadExpression):
            raise error.orig_exc from None
        raise


def _unexpected(text: str, at: int) -> str:
    rest = text[at:].strip()
    if not rest:
        return "it ends in the middle"
    word = rest.split()[0][:20]
    for wrong, right in (("=", "=="), ("&&", "and"), ("||", "or"), ("!", "not")):
        if rest.startswith(wrong) and not rest.startswith("=="):
            return f"`{wrong}` is no part of the language; write `{right}`"
    if rest[0] in "<>=":
        return f"`{word}` makes a second comparison; join two with `and`"
    return f"`{word}` does not belong here"


class _Maker(Transformer[Token, Any]):
    @v_args(inline=True)
    def start(self, one: Expression) -> Expression:
        return one

    @v_args(inline=True)
    def number(self, token: Token) -> Constant:
        return Constant(float(token) if "." in token else int(token), _at(token))

    @v_args(inline=True)
    def text(self, token: Token) -> Constant:
        return Constant(str(token)[1:-1], _at(token))

    @v_args(inline=True)
    def true(self, token: Token) -> Constant:
        return Constant(True, _at(token))

    @v_args(inline=True)
    def false(self, token: Token) -> Constant:
        return Constant(False, _at(token))

    @v_args(inline=True)
    def name(self, token: Token) -> Name:
        return Name(str(token), _at(token))

    @v_args(inline=True)
    def index(self, token: Token) -> str | int:
        return int(token) if token.type == "WHOLE" else str(token)[1:-1]

    @v_args(inline=True)
    def member(self, of: Expression, key: Token | str | int) -> Member:
        return Member(of, key if isinstance(key, int) else str(key), of.at, _deeper(of))

    @v_args(inline=True)
    def unary(self, sign: Token, of: Expression) -> Unary:
        return Unary(str(sign), of, _at(sign), _deeper(of))

    @v_args(inline=True)
    def binary(self, left: Expression, sign: Token, right: Expression) -> Binary:
        return Binary(left, str(sign), right, _at(sign), _deeper(left, right))


def _at(token: Token) -> int:
    return token.start_pos or 0


def _deeper(*parts: Expression) -> int:
    depth = max(one.depth for one in parts) + 1
    if depth > DEEPEST:
        raise BadExpression(f"this is nested deeper than {DEEPEST} levels", 0)
    return depth


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", transformer=_Maker())
