"""YAML as a tree in which every value knows where it stands.

The library's events are taken as they come, so that what is refused (references, tags, depth, a second
document) is refused before anything is built of it. No value is interpreted here: ``off`` stays the text that
was written, and :mod:`console.playbooks.traps` knows what others would read in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from console.playbooks.fault import Fault

DEEPEST = 12
"""Levels of lists and mappings in one another."""
MOST = 2_000
"""Values of one block."""


@dataclass(slots=True, eq=False)
class Scalar:
    """One value as it was written. ``plain``: without quotes."""

    text: str
    plain: bool
    line: int
    column: int
    exact: bool = True
    """Whether the text stands in the file as it is here, on one line, so that places within it are known."""


@dataclass(slots=True, eq=False)
class Items:
    line: int
    column: int
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Map:
    """A mapping in the order of the file; a key that is there twice has its first value."""

    line: int
    column: int
    items: dict[str, tuple[Scalar, Node]] = field(default_factory=dict)

    def get(self, key: str) -> Node | None:
        found = self.items.get(key)
        return found[1] if found else None


Node = Scalar | Items | Map


class Refused(Exception):
    """The block cannot be read at all."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def read(text: str, first_line: int, faults: list[Fault]) -> Map | None:
    """The mapping that ``text`` is, its first line being ``first_line`` of the file; ``None`` with its fault
    where it is none."""
    try:
        return _build(text, first_line, faults)
    except Refused as error:
        faults.append(error.fault)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + first_line, mark.column + 1) if mark else (first_line, None)
        said = " ".join(str(error.problem or error.context).split())
        faults.append(Fault(line, column, "yaml", f"this is not valid YAML: {said}"))
    except (
        YAMLError,
        ValueError,
        RecursionError,
        AttributeError,
        IndexError,
    ):  # what ruamel raises on garbage
        faults.append(Fault(first_line, None, "yaml", "this is not valid YAML"))
    return None


def _events(text: str) -> Iterator[Event]:
    yield from YAML(typ="safe", pure=True).parse(text)


def _build(text: str, first_line: int, faults: list[Fault]) -> Map | None:
    builder = _Builder(text.split("\n"), first_line, faults)
    for event in _events(text):
        builder.take(event)
    root = builder.root
    if root is None:
        raise Refused(Fault(first_line, None, "yaml-empty", "there is nothing in here"))
    if not isinstance(root, Map):
        raise Refused(
            Fault(root.line, root.column, "yaml-mapping", "here belong fields, one `name: value` a line")
        )
    return root


class _Builder:
    def __init__(self, lines: list[str], first_line: int, faults: list[Fault]) -> None:
        self.lines, self.first, self.faults = lines, first_line, faults
        self.root: Node | None = None
        self.open: list[Items | Map] = []
        self.keys: list[Scalar | None] = []
        self.documents = self.count = 0

    def take(self, event: Event) -> None:
        if isinstance(event, DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise self._refuse(event, "yaml-documents", "`---` begins a second document: one a block")
        elif isinstance(event, AliasEvent):
            raise self._refuse(
                event, "yaml-reference", f"references (`*{event.anchor}`) are not allowed here: write it out"
            )
        elif isinstance(event, ScalarEvent | SequenceStartEvent | MappingStartEvent):
            self._value(event)
        elif isinstance(event, SequenceEndEvent | MappingEndEvent):
            self.open.pop()
            self.keys.pop()

    def _value(self, event: ScalarEvent | SequenceStartEvent | MappingStartEvent) -> None:
        if event.anchor is not None:
            raise self._refuse(
                event, "yaml-reference", f"anchors (`&{event.anchor}`) are not allowed here: write it out"
            )
        if event.tag is not None and str(event.tag) != "!":
            raise self._refuse(
                event, "yaml-tag", f"the tag `{event.tag}` is not allowed here: write a plain value"
            )
        self.count += 1
        if self.count > MOST:
            raise self._refuse(event, "yaml-size", f"this block has more than {MOST} values")
        line, column = event.start_mark.line + self.first, event.start_mark.column + 1
        if isinstance(event, ScalarEvent):
            self._put(self._scalar(event, line, column))
            return
        node: Items | Map = (
            Items(line, column) if isinstance(event, SequenceStartEvent) else Map(line, column)
        )
        self._put(node)
        self.open.append(node)
        self.keys.append(None)
        if len(self.open) > DEEPEST:
            raise self._refuse(event, "yaml-depth", f"this is nested deeper than {DEEPEST} levels")

    def _scalar(self, event: ScalarEvent, line: int, column: int) -> Scalar:
        start, end = event.start_mark, event.end_mark
        plain = event.style in (None, "")
        written = self.lines[start.line][start.column : end.column] if start.line == end.line else ""
        exact = written == event.value or written[1:-1] == event.value
        return Scalar(str(event.value), plain, line, column, exact)

    def _put(self, node: Node) -> None:
        if not self.open:
            self.root = node
            return
        parent = self.open[-1]
        if isinstance(parent, Items):
            parent.items.append(node)
            return
        key = self.keys[-1]
        if key is None:
            if not isinstance(node, Scalar):
                raise Refused(Fault(node.line, node.column, "yaml-key", "a name has to be one word, no list"))
            self.keys[-1] = node
            return
        self.keys[-1] = None
        before = parent.items.get(key.text)
        if before is None:
            parent.items[key.text] = (key, node)
        else:
            said = f"`{key.text}` is already given on line {before[0].line}"
            self.faults.append(Fault(key.line, key.column, "field-twice", said))

    def _refuse(self, event: Event, code: str, message: str) -> Refused:
        mark = event.start_mark
        return Refused(Fault(mark.line + self.first, mark.column + 1, code, message))
