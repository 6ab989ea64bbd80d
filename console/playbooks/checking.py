"""Values against their shapes: every fault with its place, and the plain value where there is none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from console.playbooks.evaluate import Type, wrongs
from console.playbooks.expression import BadExpression, parse
from console.playbooks.fault import Fault, close_to, listed, meant, shown
from console.playbooks.filling import Filling
from console.playbooks.kinds import COMMON, KINDS
from console.playbooks.model import END, Plain
from console.playbooks.shapes import (
    DURATION,
    Action,
    Argv,
    Condition,
    Duration,
    Field,
    Free,
    Later,
    ListOf,
    Number,
    Shape,
    Table,
    Target,
    Text,
    Truth,
    Whole,
    Word,
    decimal_of,
)
from console.playbooks.traps import read_as, seconds
from console.playbooks.tree import Items, Map, Node, Scalar

NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,15})?", re.ASCII)
WHOLE = re.compile(r"-?(0|[1-9]\d{0,14})", re.ASCII)


@dataclass
class Checker:
    """Checks the values of one block. ``faults`` is added to."""

    faults: list[Fault]
    filling: Filling
    names: Mapping[str, Type] = field(default_factory=dict)
    """What expressions may name."""
    targets: tuple[str, ...] = ()

    def fault(self, node: Node, code: str, message: str, suggestion: str | None = None) -> None:
        self.faults.append(Fault(node.line, node.column, code, message, suggestion))

    def table(self, node: Map, fields: Mapping[str, Field], path: str) -> dict[str, Plain]:
        """The values of the fields that are known and right."""
        found: dict[str, Plain] = {}
        for key, (_, value) in node.items.items():
            if key in fields:
                plain = self.value(value, fields[key].shape, f"{path}{key}")
                if plain is not None:
                    found[key] = plain
        return found

    def value(self, node: Node, shape: Shape, path: str) -> Plain | None:
        """The plain value; ``None`` where there is a fault, which is told."""
        match shape:
            case ListOf():
                return self._list(node, shape, path)
            case Table():
                return self._table(node, shape, path)
            case Free():
                return self._free(node, shape, path)
            case Argv():
                return self._argv(node, path)
            case Action():
                return self._undo(node, path)
        if isinstance(shape, Later) and isinstance(node, Scalar):
            return node.text
        if not isinstance(node, Scalar):
            there = "a list" if isinstance(node, Items) else "a mapping"
            self.fault(node, "type", f"`{path}`: expected {_wanted(shape)}, got {there}")
            return None
        if node.plain and node.text in ("", "~", "null", "Null", "NULL"):
            self.fault(node, "empty", f"`{path}` is empty")
            return None
        if isinstance(shape, Duration):
            return self._duration(node, path)
        return None if self.trapped(node, shape) else self._scalar(node, shape, path)

    def trapped(self, node: Scalar, shape: Shape | None = None) -> bool:
        """Whether YAML makes something else of it, which is told."""
        read = read_as(node.text) if node.plain else None
        if read is None:
            return False
        then = "put it in quotes if you mean the word"
        if isinstance(shape, Truth):
            then = f"write {read}"
        elif isinstance(shape, Whole | Number):
            then = f"write {node.text.lstrip('0') or '0'}" if node.text.isdigit() else "write a number"
        elif not node.text.isalpha():
            then = "put it in quotes if you mean the text"
        said = f"YAML reads `{shown(node.text)}` as {read}; {then}"
        self.fault(node, "yaml-trap", said)
        return True

    def loose(self, node: Node) -> None:
        """A value of a field that is not known: what is wrong with it in any field."""
        todo = [node]
        while todo:
            one = todo.pop()
            if isinstance(one, Scalar):
                if not self.trapped(one):
                    self.filling.check(one, self.faults)
            else:
                todo += one.items if isinstance(one, Items) else [value for _, value in one.items.values()]

    def _scalar(self, node: Scalar, shape: Shape, path: str) -> Plain | None:
        match shape:
            case Text():
                return self._text(node, shape, path)
            case Word():
                return self._word(node, shape, path)
            case Whole() | Number():
                return self._number(node, shape, path)
            case Truth():
                if node.plain and node.text in ("true", "false"):
                    return node.text == "true"
                self.fault(node, "type", f"`{path}`: expected true or false, got {_got(node)}")
                return None
            case Condition():
                return self._condition(node, shape, path)
            case Target():
                return self._target(node, path)
        return self._any(node)

    def _text(self, node: Scalar, shape: Text, path: str) -> str | None:
        if node.plain and (NUMBER.fullmatch(node.text) or node.text in ("true", "false")):
            self.fault(node, "type", f"`{path}`: expected a text, got {_got(node)}; put it in quotes")
        elif len(node.text) > shape.most:
            self.fault(node, "length", f"`{path}` is longer than {shape.most} characters")
        elif shape.pattern and not re.fullmatch(shape.pattern.strip("^$"), node.text, re.ASCII):
            self.fault(node, "form", f"`{path}`: `{shown(node.text)}` is not {shape.says}")
        elif not shape.fills and "{{" in node.text:
            self.fault(node, "fill-place", f"`{path}`: nothing is filled in here; write it out")
        elif not shape.fills or self.filling.check(node, self.faults):
            return node.text
        return None

    def _word(self, node: Scalar, shape: Word, path: str) -> str | None:
        if node.text in shape.choices:
            return node.text
        advice = shape.instead.get(node.text)
        close = close_to(node.text, shape.choices)
        if advice is not None:
            said = f"`{path}: {node.text}`: {advice}"
        elif close:
            said = f"`{path}`: `{shown(node.text)}` is none of its words; did you mean `{close}`?"
        else:
            said = f"`{path}`: `{shown(node.text)}` is none of its words, which are {listed(shape.choices)}"
        self.fault(node, "choice", said, close)
        return None

    def _number(self, node: Scalar, shape: Whole | Number, path: str) -> Plain | None:
        pattern, wanted = (WHOLE, "a whole number") if isinstance(shape, Whole) else (NUMBER, "a number")
        if node.plain and pattern.fullmatch(node.text):
            number = int(node.text) if WHOLE.fullmatch(node.text) else float(node.text)
            if isinstance(shape, Whole) and not shape.least <= number <= shape.most:
                self.fault(node, "range", f"`{path}`: {node.text} is not from {shape.least} to {shape.most}")
                return None
            return number
        if "{{" in node.text:
            return node.text if self.filling.whole(node, self.faults, ("number", "integer"), path) else None
        decimal = decimal_of(node.text)
        then = f"; write {decimal}" if decimal else ""
        if not node.plain and pattern.fullmatch(node.text):
            then = "; leave the quotes out"
        self.fault(node, "type", f"`{path}`: expected {wanted}, got {_got(node)}{then}", decimal)
        return None

    def _duration(self, node: Scalar, path: str) -> str | None:
        text = node.text
        if re.fullmatch(DURATION.strip("^$"), text, re.ASCII):
            return text
        if "{{" in text:
            return text if self.filling.whole(node, self.faults, ("duration",), path) else None
        in_seconds = seconds(text) if node.plain else None
        if in_seconds is not None:
            said = f"YAML reads `{text}` as the number {in_seconds}; write a duration such as `{in_seconds}s`"
            self.fault(node, "duration", f"`{path}`: {said}", f"{in_seconds}s")
        elif NUMBER.fullmatch(text):
            self.fault(
                node, "duration", f"`{path}`: {text} of what? write `{text}s` or `{text}m`", f"{text}s"
            )
        else:
            said = f"`{path}`: `{shown(text)}` is no duration; write one such as `90s`, `5m` or `2h`"
            self.fault(node, "duration", said)
        return None

    def _condition(self, node: Scalar, shape: Condition, path: str) -> str | None:
        begin = node.column + (0 if node.plain else 1)
        if "{{" in node.text:
            said = f"`{path}`: in an expression a parameter is named as it is, without `{{{{ }}}}`"
            self.fault(node, "fill-place", said)
            return None
        try:
            found = list(wrongs(parse(node.text), self.names))
        except BadExpression as error:
            found = [("expression", error.says, error.at, None)]
        if shape.value:
            found = [one for one in found if one[0] != "expression-type" or "no condition" not in one[1]]
        for code, said, at, suggestion in found:
            column = begin + at if node.exact else node.column
            self.faults.append(Fault(node.line, column, code, f"`{path}`: {said}", suggestion))
        return None if found else node.text

    def _target(self, node: Scalar, path: str) -> str | None:
        if node.text == END or node.text in self.targets:
            return node.text
        key = path.rpartition(".")[2]
        if re.search(r"[/#.]", node.text):
            said = "is in another playbook; a step of kind `playbook` runs one"
            self.fault(node, "goto-elsewhere", f"`{key}: {shown(node.text)}` {said}")
            return None
        there = f"steps are {', '.join(self.targets[:20])}" if self.targets else "there are no steps"
        said = f"`{key}: {shown(node.text)}`: no step has this id; {there}{meant(node.text, self.targets)}"
        self.fault(node, "goto-unknown", said, close_to(node.text, self.targets))
        return None

    def _any(self, node: Scalar) -> Plain | None:
        if node.plain and node.text in ("true", "false"):
            return node.text == "true"
        if node.plain and WHOLE.fullmatch(node.text):
            return int(node.text)
        if node.plain and NUMBER.fullmatch(node.text):
            return float(node.text)
        return node.text if self.filling.check(node, self.faults) else None

    def _list(self, node: Node, shape: ListOf, path: str) -> Plain | None:
        if shape.single and isinstance(node, Scalar):
            one = self.value(node, shape.of, path)
            return None if one is None else [one]
        if not isinstance(node, Items):
            self.fault(node, "type", f"`{path}`: expected a list, `[a, b]`")
            return None
        if len(node.items) < shape.least:
            least = "one entry" if shape.least == 1 else f"{shape.least} entries"
            self.fault(node, "length", f"`{path}`: at least {least} belong here")
        found = [self.value(item, shape.of, path) for item in node.items]
        return [one for one in found if one is not None]

    def _table(self, node: Node, shape: Table, path: str) -> Plain | None:
        if not isinstance(node, Map):
            self.fault(node, "type", f"`{path}`: expected fields, `{{{_example(shape)}: …}}`")
            return None
        covered = False
        for key, (place, value) in node.items.items():
            if key not in shape.fields:
                covered = covered or key in shape.instead or close_to(key, shape.fields) is not None
                self.unknown_field(place, value, f"`{path}`", shape.fields, shape.instead.get(key))
        missing = [f"`{key}`" for key, one in shape.fields.items() if one.required and key not in node.items]
        if missing and not covered:
            self.fault(node, "missing", f"`{path}` needs {listed(missing)}")
        return self.table(node, shape.fields, f"{path}.")

    def unknown_field(
        self, key: Scalar, value: Node, of: str, fields: Mapping[str, Field], advice: str | None
    ) -> None:
        """Say that there is no such field, and what is wrong with its value in any field."""
        said = advice or f"{of} has no field `{shown(key.text)}`{meant(key.text, fields)}"
        self.fault(key, "field-unknown", said, None if advice else close_to(key.text, fields))
        self.loose(value)

    def own_fields(
        self, node: Map, kind: str, fields: Mapping[str, Field], fence: int | None, complete: bool
    ) -> dict[str, Plain]:
        """The fields of a step of ``kind``; ``complete``: also tell what is missing, at the ``fence``."""
        of = KINDS[kind]
        covered: set[str] = set()
        for key, (place, value) in node.items.items():
            if key in fields:
                continue
            advice, meaning = of.instead.get(key, (None, close_to(key, fields)))
            covered |= {meaning} if meaning else set()
            if advice and meaning == "argv" and isinstance(value, Scalar):
                signs = [sign for sign in ("&&", "||", ";", "|", ">", "<") if sign in value.text]
                advice += f" (`{signs[0]}` would be an argument)" if signs else ""
            self.unknown_field(place, value, f"`{kind}`", fields, advice)
        missing = [
            key
            for key, one in fields.items()
            if one.required and key not in node.items and key not in covered
        ]
        line, column = (node.line, node.column) if fence is None else (fence, None)
        if missing and complete:
            said = f"`{kind}` needs {listed(f'`{key}`' for key in missing)}"
            self.faults.append(Fault(line, column, "missing", said))
        given = [key for key in of.one_of if key in node.items]
        if of.one_of and len(given) != 1 and complete and not covered & set(of.one_of):
            either = " or ".join(f"`{key}`" for key in of.one_of)
            self.faults.append(Fault(line, column, "one-of", f"`{kind}` needs either {either}"))
        return self.table(node, fields, "")

    def _undo(self, node: Node, path: str) -> Plain | None:
        kind = node.get("kind") if isinstance(node, Map) else None
        if not isinstance(node, Map) or not isinstance(kind, Scalar) or kind.text not in KINDS:
            said = f"`{path}` is an action: `{{kind: …}}` with the fields of that kind"
            self.fault(node, "undo", said)
            return None
        common = {key: COMMON[key] for key in ("kind", "title", "role", "timeout")}
        return dict(self.own_fields(node, kind.text, {**common, **KINDS[kind.text].fields}, None, True))

    def _free(self, node: Node, shape: Free, path: str) -> Plain | None:
        if not isinstance(node, Map):
            self.fault(node, "type", f"`{path}`: expected names with their values, `{{name: …}}`")
            return None
        found: dict[str, Plain] = {}
        for key, (place, value) in node.items.items():
            if not re.fullmatch(shape.names.strip("^$"), key, re.ASCII):
                self.fault(place, "form", f"`{path}`: `{shown(key)}` is no name")
                continue
            plain = self.value(value, shape.of, f"{path}.{key}")
            if plain is not None:
                found[key] = plain
        return found

    def _argv(self, node: Node, path: str) -> Plain | None:
        if not isinstance(node, Items) or not node.items:
            said = (
                f'`{path}` is a list with one argument an entry, `["vercel", "inspect"]`, never a shell line'
            )
            self.fault(node, "argv", said)
            if isinstance(node, Scalar):
                self.loose(node)
            return None
        shapes = [Text(fills=False), *[Text()] * (len(node.items) - 1)]
        found = [self.value(one, shape, path) for one, shape in zip(node.items, shapes, strict=True)]
        return [one for one in found if one is not None]


def _wanted(shape: Shape) -> str:
    match shape:
        case Whole() | Number():
            return "a number"
        case Truth():
            return "true or false"
        case Duration():
            return "a duration such as `90s`"
        case Condition():
            return "an expression"
        case Word():
            return "one word"
    return "a text"


def _got(node: Scalar) -> str:
    if not node.plain:
        return f'the text "{shown(node.text)}"'
    if NUMBER.fullmatch(node.text):
        return f"the number {node.text}"
    return node.text if node.text in ("true", "false") else f'the text "{shown(node.text)}"'


def _example(shape: Table) -> str:
    return next(iter(shape.fields))
