"""``{{ name }}``: where a parameter is filled into a value. No filters, no logic, never in keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from console.playbooks.fault import Fault, close_to, shown
from console.playbooks.tree import Scalar

HOLE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
NAME = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*", re.ASCII)


def holes(text: str) -> Iterator[str]:
    """The names that are filled into a text."""
    for hole in HOLE.finditer(text):
        name = NAME.fullmatch(hole[1])
        if name:
            yield name[1]


@dataclass(frozen=True)
class Filling:
    """What may be filled in: parameters by name with their types, secrets, and what only a run will know."""

    params: Mapping[str, str]
    secrets: frozenset[str] = frozenset()
    captured: frozenset[str] = frozenset()
    noun: str = "parameter"
    """What a name stands for, as it is said."""

    def check(self, node: Scalar, faults: list[Fault]) -> bool:
        """Whether everything in the value can be filled in; what cannot is told."""
        before = len(faults)
        for hole in HOLE.finditer(node.text):
            name = NAME.fullmatch(hole[1])
            if name is None:
                said = f"`{shown(hole[0])}`: only the name of a {self.noun} belongs in here"
                self._tell(node, faults, "fill-form", said, None)
            elif name[1] in self.captured:
                said = f"`{{{{ {name[1]} }}}}` is captured during the run; only parameters are filled in"
                self._tell(node, faults, "fill-captured", said, None)
            elif name[1] not in self.params and name[1] not in self.secrets:
                close = close_to(name[1], self.params)
                also = f"; did you mean `{close}`?" if close else ""
                said = f"`{{{{ {shown(name[1])} }}}}`: no such {self.noun}{also}"
                self._tell(node, faults, "param-unknown", said, close)
        rest = HOLE.sub("", node.text)
        if "{{" in rest:
            self._tell(node, faults, "fill-form", "`{{` is never closed; write `{{ name }}`", None)
        return len(faults) == before

    def whole(self, node: Scalar, faults: list[Fault], types: tuple[str, ...], path: str) -> bool:
        """Whether the value is one parameter, of one of these types."""
        if not self.check(node, faults):
            return False
        hole = HOLE.fullmatch(node.text.strip())
        names = list(holes(node.text))
        if hole is None or len(names) != 1 or self.params.get(names[0]) not in types:
            said = f"`{path}`: one parameter of type {' or '.join(types)} may stand here, and nothing else"
            self._tell(node, faults, "fill-type", said, None)
            return False
        return True

    def _tell(self, node: Scalar, faults: list[Fault], code: str, said: str, close: str | None) -> None:
        faults.append(Fault(node.line, node.column, code, said, close))
